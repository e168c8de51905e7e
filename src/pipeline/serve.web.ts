// The worker's side in a browser, for any entry: its first message says what for.
import { loadImage } from '../images/source.web.js';
import { type TaskTable, taskServer, type WorkerStart } from './task-server.js';

/** The little of DedicatedWorkerGlobalScope that is used: its types and those of a page exclude each other. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: unknown }) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
};

export type Post = (message: unknown, transfer?: Transferable[]) => void;

/** `serve` is given the first message, and answers those after it. */
export function serveWorker<First>(serve: (first: First, post: Post) => (message: never) => unknown): void {
  const post: Post = (message, transfer) => scope.postMessage(message, transfer);
  let answer: ((message: never) => unknown) | undefined;
  scope.onmessage = ({ data }) => {
    if (answer) answer(data as never);
    else answer = serve(data as First, post);
  };
  post({ ready: true });
}

/** The first message of a pool (workers.web.ts). */
export interface ComputeStart {
  compute: WorkerStart;
}

export const serveTasks = (tasks: TaskTable, { compute }: ComputeStart, post: Post) =>
  taskServer(tasks, compute, (ref, engine, size) => loadImage(ref, engine.math, size), post);
