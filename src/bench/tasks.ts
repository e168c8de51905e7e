// The `registerLoop` task: the ceiling of a worker thread.
import type { Task, TaskContext, TaskResult } from '../vectors/context.js';
import { peakLoop } from './gemm.js';

export const benchTasks: Record<string, Task> = { registerLoop };

async function registerLoop({ flop }: { flop: number }, context: TaskContext): Promise<TaskResult> {
  return { value: peakLoop(context.scratch, flop)() };
}
