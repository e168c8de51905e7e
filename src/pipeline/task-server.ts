// How tasks are run, on this thread and in a compute worker: the same in Node and in browsers, for any table
// of tasks.
import { type Engine, init } from '../core/engine.js';
import { CurvesaeError, errorData } from '../core/errors.js';
import type { Build } from '../core/features.js';
import type { TaskHandler } from '../core/pool.js';
import type { Model } from '../network/types.js';
import { type LoadImage, type Task, TaskContext, type TaskResult } from '../vectors/task-context.js';

/** Tasks by the name that a pool asks for. Both ends of a worker are given the same table. */
export type TaskTable = Readonly<Record<string, Task>>;

/** What a compute worker is started with. */
export interface WorkerStart {
  /** Compiled on the thread that starts the worker. */
  module: WebAssembly.Module;
  build: Build;
  model: Model | undefined;
}

export interface TaskRequest {
  id: number;
  name: string;
  payload: unknown;
}

/** The tasks on this thread, and what gives their memory back. */
export function localTasks(
  tasks: TaskTable,
  engine: Engine,
  model: Model | undefined,
  loadImage: LoadImage,
): { local: TaskHandler; release: () => void } {
  let context: TaskContext | undefined;
  return {
    local: (name, payload) => {
      context ??= new TaskContext(engine, model, loadImage);
      return runTask(tasks, name, payload, context);
    },
    release: () => {
      context?.dispose();
      context = undefined;
    },
  };
}

/** Answers {id, name, payload} with {id, value} or {id, error}, on an engine of its own. */
export function taskServer(
  tasks: TaskTable,
  { module, build, model }: WorkerStart,
  loadImage: LoadImage,
  post: (message: unknown, transfer: Transferable[]) => void,
): (request: TaskRequest) => Promise<void> {
  const context = init({ wasm: module, build }).then((engine) => new TaskContext(engine, model, loadImage));
  context.catch(() => {}); // told to each task
  return async ({ id, name, payload }) => {
    try {
      const { value, transfer = [] } = await runTask(tasks, name, payload, await context);
      post({ id, value }, transfer);
    } catch (error) {
      post({ id, error: errorData(error) }, []);
    }
  };
}

async function runTask(
  tasks: TaskTable,
  name: string,
  payload: unknown,
  context: TaskContext,
): Promise<TaskResult> {
  if (!Object.hasOwn(tasks, name)) throw new CurvesaeError(`no task is named '${name}'`);
  return tasks[name](payload as never, context);
}
