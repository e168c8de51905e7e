// The pool over a browser's workers. Each has its own engine (from the same compiled module), its
// own memory, and a copy of the model; nothing is shared, so a page needs no COOP/COEP headers.
import { TaskContext } from '../activations/context.js';
import type { Engine } from '../core/engine.js';
import { type ErrorData, errorFromData } from '../core/errors.js';
import { Pool, type WorkerLike } from '../core/pool.js';
import { loadImage } from '../images/source.web.js';
import type { Model } from '../network/types.js';
import { runTask } from './tasks.js';

/**
 * A pool that computes with `model` on as many workers as the engine was given. Where they cannot
 * start (a CSP, file:, a bundler that lost their script), `warn` gets the reason once and
 * everything runs on this thread, to the same bits.
 */
export function webPool(engine: Engine, model: Model, warn?: (message: string) => void): Pool {
  const { workers, build } = engine.info();
  let local: TaskContext | undefined;
  return new Pool({
    workers,
    warn,
    spawn: () => {
      const worker = startWorker(engine.workerUrl);
      worker.post({ compute: { module: engine.module, build, model } }, []);
      return worker;
    },
    local: (name, payload) => {
      local ??= new TaskContext(engine, model, (ref, e, size) => loadImage(ref, e.math, size));
      return runTask(name, payload, local);
    },
  });
}

/** A worker that runs worker.js: the one at `url`, or the package's own. */
export function startWorker(url: string | URL | undefined): WorkerLike {
  if (typeof Worker === 'undefined') throw new Error('this runtime has no Worker');
  // Written out, as Vite and webpack recognise it.
  const worker = url
    ? new Worker(url, { type: 'module' })
    : new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
  const ready = new Promise<void>((resolve, reject) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    worker.addEventListener('error', (event) => reject(failure(event)), { once: true });
  });
  ready.catch(() => {}); // who does not wait for it hears through onEnd
  return {
    ready,
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => {
      worker.addEventListener('message', ({ data }: MessageEvent<{ error?: ErrorData; ready?: true }>) => {
        if (data.ready) return;
        listener(data.error ? { ...data, error: errorFromData(data.error) } : data);
      });
    },
    onEnd: (listener) => {
      worker.addEventListener('error', (event) => listener(failure(event)));
      worker.addEventListener('messageerror', () => listener(new Error('a message could not be read')));
    },
    terminate: () => worker.terminate(),
  };
}

/** Browsers say nothing about a script that could not be loaded. */
function failure(event: Event): Error {
  event.preventDefault();
  const { message } = event as ErrorEvent;
  return new Error(
    message || 'its script was not loaded: serve worker.js of the package, or name it with init({workerUrl})',
  );
}
