// What a compute worker is started with, and how it answers: the same in Node and in browsers.

import { init } from '../core/engine.js';
import { errorData } from '../core/errors.js';
import type { Build } from '../core/features.js';
import type { Model } from '../network/types.js';
import { type LoadImage, TaskContext } from '../vectors/context.js';
import { runTask } from './tasks.js';

export interface WorkerStart {
  /** Compiled on the thread that starts the worker. */
  module: WebAssembly.Module;
  build: Build;
  model: Model;
}

export interface TaskRequest {
  id: number;
  name: string;
  payload: unknown;
}

/** Answers {id, name, payload} with {id, value} or {id, error}, on an engine of its own. */
export function taskServer(
  { module, build, model }: WorkerStart,
  loadImage: LoadImage,
  post: (message: unknown, transfer: Transferable[]) => void,
): (request: TaskRequest) => Promise<void> {
  const context = init({ wasm: module, build }).then((engine) => new TaskContext(engine, model, loadImage));
  context.catch(() => {}); // told to each task
  return async ({ id, name, payload }) => {
    try {
      const { value, transfer = [] } = await runTask(name, payload, await context);
      post({ id, value }, transfer);
    } catch (error) {
      post({ id, error: errorData(error) }, []);
    }
  };
}
