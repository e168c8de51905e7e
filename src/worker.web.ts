// Entry of a worker in a browser. Its first message says what for: to compute tasks of a pool, or to
// keep the runs of a page.
// Bundled into dist/src/worker.js (scripts/bundle-worker.mjs): import maps do not reach workers.
import { loadImage } from './images/source.web.js';
import { taskServer, type WorkerStart } from './pipeline/start.js';
import type { KeepStart } from './tab/protocol.js';
import { runServer } from './tab/server.js';

type First = { compute: WorkerStart } | { keep: KeepStart };

/** The little of DedicatedWorkerGlobalScope that is used: its types and those of a page exclude each other. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: unknown }) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
  location: Location;
};
const post = (message: unknown, transfer?: Transferable[]) => scope.postMessage(message, transfer);

let serve: ((message: never) => unknown) | undefined;

scope.onmessage = ({ data }) => {
  if (serve) {
    serve(data as never);
    return;
  }
  const first = data as First;
  serve =
    'compute' in first
      ? taskServer(first.compute, (ref, engine, size) => loadImage(ref, engine.math, size), post)
      : runServer(first.keep, scope.location.href, post);
};
post({ ready: true });
