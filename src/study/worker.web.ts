// Entry of a worker in a browser. Its first message says what to compute with; tasks follow.
// Bundled into dist/src/worker.js (scripts/bundle-worker.mjs): import maps do not reach workers.
import { loadImage } from '../images/source.web.js';
import { type TaskRequest, taskServer, type WorkerStart } from './start.js';

export type WorkerMessage = { compute: WorkerStart } | TaskRequest;

/** The little of DedicatedWorkerGlobalScope that is used: its types and those of a page exclude each other. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: WorkerMessage }) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
};

let serve: ((request: TaskRequest) => Promise<void>) | undefined;

scope.onmessage = ({ data }) => {
  if ('compute' in data)
    serve = taskServer(
      data.compute,
      (ref, engine, size) => loadImage(ref, engine.math, size),
      (message, transfer) => scope.postMessage(message, transfer),
    );
  else void serve!(data);
};
scope.postMessage({ ready: true });
