// Pools over Node's worker threads, and the threads' side, for any table of tasks. Each thread has its own
// engine (from the same compiled module), its own memory, and a copy of the model.
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { Engine } from '../core/engine.js';
import { type ErrorData, errorFromData } from '../core/errors.js';
import { Pool, type WorkerLike } from '../core/pool.js';
import { loadImage } from '../images/source.node.js';
import type { Model } from '../network/types.js';
import type { LoadImage } from '../vectors/task-context.js';
import { localTasks, type TaskTable, taskServer, type WorkerStart } from './task-server.js';

const load: LoadImage = (ref, engine, size) => loadImage(ref, engine.math, size);

/** A pool of as many threads as the engine was given. `entry`: a script that calls serveTasks(tasks). */
export function poolOfThreads(
  entry: URL,
  tasks: TaskTable,
  engine: Engine,
  model: Model | undefined,
  warn?: (message: string) => void,
): Pool {
  const { workers, build } = engine.info();
  return new Pool({
    workers,
    warn,
    spawn: () => spawn(entry, { module: engine.module, build, model }),
    ...localTasks(tasks, engine, model, load),
  });
}

function spawn(entry: URL, data: WorkerStart): WorkerLike {
  const worker = new Worker(entry, { workerData: data });
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

/** All that the script of a thread does. */
export function serveTasks(tasks: TaskTable): void {
  // The main thread decides when to stop; it terminates its workers.
  process.on('SIGINT', () => {});
  const port = parentPort!;
  port.on(
    'message',
    taskServer(tasks, workerData as WorkerStart, load, (message, transfer) =>
      port.postMessage(message, transfer as never),
    ),
  );
}
