// All tasks that the worker pool knows.

import { benchTasks } from '../bench/tasks.js';
import { CurvesaeError } from '../core/errors.js';
import { curveTasks } from '../study/curves/tasks.js';
import { downstreamTasks } from '../study/downstream/tasks.js';
import { maximaTasks } from '../units/maxima-tasks.js';
import type { Task, TaskContext, TaskResult } from '../vectors/context.js';
import { activationTasks } from '../vectors/tasks.js';

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
