// The pool of a page: over workers that run the package's worker.js.
import type { Engine } from '../core/engine.js';
import type { Pool, WorkerLike } from '../core/pool.js';
import type { Model } from '../network/types.js';
import { TASKS } from './tasks.js';
import { connect, poolOver } from './workers.web.js';

/**
 * A pool that computes with `model`, where tasks need one, on as many workers as the engine was given. Where they cannot
 * start (a CSP, file:, a bundler that lost their script), `warn` gets the reason once and
 * everything runs on this thread, to the same bits.
 */
export function webPool(engine: Engine, model: Model | undefined, warn?: (message: string) => void): Pool {
  return poolOver(() => packageWorker(engine.workerUrl), TASKS, engine, model, warn);
}

/** A worker of worker.js: the one at `url`, or the package's own. */
export function packageWorker(url: string | URL | undefined): WorkerLike {
  // Written out, as Vite and webpack recognise it.
  return connect(
    () =>
      url
        ? new Worker(url, { type: 'module' })
        : new Worker(new URL('../worker.js', import.meta.url), { type: 'module' }),
    url ? undefined : besideBundles(import.meta.url),
  );
}

/**
 * The development server of Vite 5 to 7 bundles packages into node_modules/.vite/deps/ and leaves the
 * address of worker.js as it was, where there is none; the package itself is still served.
 */
function besideBundles(here: string | undefined): (() => Worker) | undefined {
  const folder = here && /^(.*\/node_modules\/)\.vite\/deps\/[^/]*$/.exec(here)?.[1];
  return folder ? () => new Worker(`${folder}curvesae/dist/src/worker.js`, { type: 'module' }) : undefined;
}
