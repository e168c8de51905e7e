// Entry of a Node worker thread.
import { parentPort, workerData } from 'node:worker_threads';
import { loadImage } from '../images/source.node.js';
import { taskServer, type WorkerStart } from './start.js';

// The main thread decides when to stop; it terminates its workers.
process.on('SIGINT', () => {});

parentPort!.on(
  'message',
  taskServer(
    workerData as WorkerStart,
    (ref, engine, size) => loadImage(ref, engine.math, size),
    (message, transfer) => parentPort!.postMessage(message, transfer as never),
  ),
);
