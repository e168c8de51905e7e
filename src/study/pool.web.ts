// The pool of a page: over workers that run the package's worker.js.
import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import type { Model } from '../network/types.js';
import { poolOver } from './workers.web.js';

/**
 * A pool that computes with `model` on as many workers as the engine was given. Where they cannot
 * start (a CSP, file:, a bundler that lost their script), `warn` gets the reason once and
 * everything runs on this thread, to the same bits.
 */
export function webPool(engine: Engine, model: Model, warn?: (message: string) => void): Pool {
  return poolOver(() => packageWorker(engine.workerUrl), engine, model, warn);
}

/** A worker of worker.js: the one at `url`, or the package's own. */
export function packageWorker(url: string | URL | undefined): Worker {
  // Written out, as Vite and webpack recognise it.
  return url
    ? new Worker(url, { type: 'module' })
    : new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
}
