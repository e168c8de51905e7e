// Entry of a worker in a browser: it computes tasks of a pool, or keeps the runs of a page.
// Bundled into dist/src/worker.js (scripts/bundle-worker.mjs): import maps do not reach workers.
import { type ComputeStart, serveTasks, serveWorker } from './pipeline/serve.web.js';
import { TASKS } from './pipeline/tasks.js';
import type { KeepStart } from './tab/protocol.js';
import { runServer } from './tab/server.js';

serveWorker<ComputeStart | { keep: KeepStart }>((first, post) =>
  'compute' in first ? serveTasks(TASKS, first, post) : runServer(first.keep, globalThis.location.href, post),
);
