// The pool over Node's worker threads. Each worker has its own engine (from the same
// compiled module), its own memory, and a copy of the model.
import { Worker } from 'node:worker_threads';
import type { Engine } from '../core/engine.js';
import { type ErrorData, errorFromData } from '../core/errors.js';
import { Pool, type WorkerLike } from '../core/pool.js';
import { loadImage } from '../images/source.node.js';
import type { Model } from '../network/types.js';
import { TaskContext } from '../vectors/context.js';
import type { WorkerStart } from './start.js';
import { runTask } from './tasks.js';

/** A pool that computes with `model` on as many threads as the engine was given. */
export function nodePool(engine: Engine, model: Model, warn?: (message: string) => void): Pool {
  const { workers, build } = engine.info();
  let local: TaskContext | undefined;
  return new Pool({
    workers,
    warn,
    spawn: () => spawn({ module: engine.module, build, model }),
    local: (name, payload) => {
      local ??= new TaskContext(engine, model, (ref, e, size) => loadImage(ref, e.math, size));
      return runTask(name, payload, local);
    },
  });
}

function spawn(workerData: WorkerStart): WorkerLike {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { workerData });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as never),
    onMessage: (listener) =>
      worker.on('message', ({ error, ...answer }: { error?: ErrorData }) =>
        listener(error ? { ...answer, error: errorFromData(error) } : answer),
      ),
    onEnd: (listener) => {
      worker.on('error', (error) => listener(error));
      worker.on('exit', (code) => listener(new Error(`exit code ${code}`)));
    },
    terminate: () => void worker.terminate(),
  };
}
