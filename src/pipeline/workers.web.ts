// A pool over a browser's workers, whoever starts them. Each has its own engine (from the same
// compiled module), its own memory, and a copy of the model; nothing is shared, so a page needs no
// COOP/COEP headers.
// Apart from pool.web.ts, which names the package's worker.js: that script has this pool inside it,
// and a bundler that took it up would look for a second one beside it.

import type { Engine } from '../core/engine.js';
import { type ErrorData, errorFromData } from '../core/errors.js';
import { Pool, type WorkerLike } from '../core/pool.js';
import { loadImage } from '../images/source.web.js';
import type { Model } from '../network/types.js';
import type { ComputeStart } from './serve.web.js';
import { localTasks, type TaskTable } from './task-server.js';

/** A pool on workers that `start` makes, whose entries know the same tasks. */
export function poolOver(
  start: () => WorkerLike,
  tasks: TaskTable,
  engine: Engine,
  model: Model | undefined,
  warn?: (message: string) => void,
): Pool {
  const { workers, build } = engine.info();
  return new Pool({
    workers,
    warn,
    spawn: () => {
      const worker = start();
      worker.post({ compute: { module: engine.module, build, model } } satisfies ComputeStart, []);
      return worker;
    },
    ...localTasks(tasks, engine, model, (ref, e, size) => loadImage(ref, e.math, size)),
  });
}

/**
 * A worker of worker.js as pools and kept runs talk to it. `instead`: another way to start it, where
 * the first one does not run.
 */
export function connect(start: () => Worker, instead?: () => Worker): WorkerLike {
  if (typeof Worker === 'undefined') throw new Error('this runtime has no Worker');
  let worker = start();
  let ended = false;
  /** What was posted before a worker ran: `instead` has not heard it. */
  let early: unknown[] | undefined = [];
  const ready = runs(worker)
    .catch((cause) => {
      if (!instead || ended) throw cause;
      worker.terminate();
      worker = instead();
      for (const message of early!) worker.postMessage(message);
      return runs(worker);
    })
    .then(() => {
      early = undefined;
    });
  ready.catch(() => {}); // who does not wait for it hears through onEnd
  /** Its first message only says that it runs, and a worker that never runs ends `ready`. */
  const whenReady = (listen: () => void) => void ready.then(listen, () => {});
  return {
    ready,
    post: (message, transfer) => {
      early?.push(message);
      worker.postMessage(message, transfer);
    },
    onMessage: (listener) =>
      whenReady(() =>
        worker.addEventListener('message', ({ data }: MessageEvent<{ error?: ErrorData }>) =>
          listener(data.error ? { ...data, error: errorFromData(data.error) } : data),
        ),
      ),
    onEnd: (listener) => {
      whenReady(() => {
        worker.addEventListener('error', (event) => listener(failure(event)));
        worker.addEventListener('messageerror', () => listener(new Error('a message could not be read')));
      });
    },
    terminate: () => {
      ended = true;
      worker.terminate();
    },
  };
}

/** Settles with its first message, or with what kept it from running. */
const runs = (worker: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    worker.addEventListener('error', (event) => reject(failure(event)), { once: true });
  });

/** Browsers say nothing about a script that could not be loaded. */
function failure(event: Event): Error {
  event.preventDefault();
  const { message } = event as ErrorEvent;
  return new Error(
    message || 'its script was not loaded: serve worker.js of the package, or name it with init({workerUrl})',
  );
}
