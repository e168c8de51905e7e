// Entry of a Node worker thread: answers {id, name, payload} with {id, value} or {id, error}.
import { parentPort, workerData } from 'node:worker_threads';
import { TaskContext } from '../activations/context.js';
import { init } from '../core/engine.js';
import { errorData } from '../core/errors.js';
import type { Build } from '../core/features.js';
import { loadImage } from '../images/source.node.js';
import type { Model } from '../network/types.js';
import { runTask } from './tasks.js';

export interface WorkerStart {
  module: WebAssembly.Module;
  build: Build;
  model: Model;
}

const { module, build, model } = workerData as WorkerStart;
const context = init({ wasm: module, build }).then(
  (engine) => new TaskContext(engine, model, (ref, e, size) => loadImage(ref, e.math, size)),
);

// The main thread decides when to stop; it terminates its workers.
process.on('SIGINT', () => {});

parentPort!.on('message', async ({ id, name, payload }: { id: number; name: string; payload: unknown }) => {
  try {
    const { value, transfer = [] } = await runTask(name, payload, await context);
    parentPort!.postMessage({ id, value }, transfer as never);
  } catch (error) {
    parentPort!.postMessage({ id, error: errorData(error) });
  }
});
