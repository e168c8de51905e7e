// What the benchmark's workers know: the product's tasks, and `registerLoop`, the ceiling of a thread.
import type { TaskTable } from '../pipeline/task-server.js';
import { TASKS } from '../pipeline/tasks.js';
import type { TaskContext, TaskResult } from '../vectors/task-context.js';
import { peakLoop } from './gemm.js';

export const BENCH_TASKS: TaskTable = { ...TASKS, registerLoop };

async function registerLoop({ flop }: { flop: number }, context: TaskContext): Promise<TaskResult> {
  return { value: peakLoop(context.scratch, flop)() };
}
