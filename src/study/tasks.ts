// All tasks that the worker pool knows.

import type { Task, TaskContext, TaskResult } from '../activations/context.js';
import { activationTasks } from '../activations/tasks.js';
import { CurvesaeError } from '../core/errors.js';
import { benchTasks } from './bench/tasks.js';
import { curveTasks } from './curves/tasks.js';
import { downstreamTasks } from './downstream-tasks.js';
import { maximaTasks } from './maxima-tasks.js';

const TASKS: Record<string, Task> = {
  ...activationTasks,
  ...curveTasks,
  ...downstreamTasks,
  ...maximaTasks,
  ...benchTasks,
};

export async function runTask(name: string, payload: unknown, context: TaskContext): Promise<TaskResult> {
  if (!Object.hasOwn(TASKS, name)) throw new CurvesaeError(`no task is named '${name}'`);
  return TASKS[name](payload as never, context);
}
