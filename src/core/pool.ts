// Worker pool: ordered results, fixed logical tasks, same bits for any worker count.
// Workers have an instance and a memory of their own; nothing is shared. What a task
// does is the business of the handler that the caller names; see pipeline/task-server.ts.
import { CurvesaeError } from './errors.js';

/** The little that the pool needs of node:worker_threads or of a page's Worker. */
export interface WorkerLike {
  post(message: unknown, transfer: Transferable[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Settles when its script runs; without it the worker counts as running at once. */
  ready?: Promise<void>;
  /** The worker threw outside a task, or ended. */
  onEnd(listener: (cause: Error) => void): void;
  terminate(): void;
}

/** Runs one task; used on this thread when there are no workers. */
export type TaskHandler = (
  name: string,
  payload: unknown,
) => Promise<{ value: unknown; transfer?: Transferable[] }>;

export interface PoolOptions {
  workers: number;
  /** Starts a worker that answers {id, name, payload} with {id, value} or {id, error}. */
  spawn: () => WorkerLike;
  /** The same tasks on this thread: for workers <= 1 and where workers cannot start. */
  local: TaskHandler;
  /** Gives back what `local` holds; called when the pool is disposed and no task runs on this thread. */
  release?: () => void;
  warn?: (message: string) => void;
}

/** The task that an item of a list is. */
export type StartTask<I> = (
  item: I,
  index: number,
) => { name: string; payload: unknown; transfer?: Transferable[] };

export interface OrderedOptions {
  /** Tasks that wait for a worker, beyond those that run; 1 unless given. */
  ahead?: number;
  signal?: AbortSignal;
}

interface Pending {
  id: number;
  name: string;
  payload: unknown;
  transfer: Transferable[];
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

interface Slot {
  worker: WorkerLike;
  task: Pending | undefined;
  /** It runs: tasks may be sent. What is sent to a worker that never runs is lost with its buffers. */
  running: boolean;
}

export class Pool {
  #options: PoolOptions;
  #slots: Slot[] = [];
  #queue: Pending[] = [];
  #nextId = 0;
  #watched = new Map<AbortSignal, { tasks: Set<Pending>; stop: () => void }>();
  #local: boolean;
  /** Workers that may run at the same time: fewer where some could not start. */
  #most: number;
  #localTail: Promise<unknown> = Promise.resolve();
  #localTasks = 0;
  #disposed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#local = options.workers <= 1;
    this.#most = options.workers;
  }

  /** Threads that compute at the same time. */
  get width(): number {
    return this.#local ? 1 : this.#most;
  }

  /** Threads that run already, and are free or at work. */
  get started(): number {
    return this.#slots.filter((slot) => slot.running).length;
  }

  /** Starts all workers now: what they load is loaded while this thread is at other work. */
  warm(): void {
    while (!this.#local && this.#slots.length < this.#most) if (!this.#spawn()) return;
  }

  /** Runs a task on the next free worker. Aborted, a task of a worker is ended, whether it would answer or not. */
  run<T>(name: string, payload: unknown, transfer: Transferable[] = [], signal?: AbortSignal): Promise<T> {
    if (this.#disposed) return Promise.reject(new CurvesaeError('the worker pool was disposed'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#local) return this.#runLocal<T>(name, payload);
    return new Promise<T>((resolve, reject) => {
      const over = () => this.#over(task, signal);
      const task: Pending = {
        id: this.#nextId++,
        ...{ name, payload, transfer },
        resolve: (value) => {
          over();
          resolve(value as T);
        },
        reject: (error) => {
          over();
          reject(error);
        },
      };
      if (signal) this.#watch(task, signal);
      this.#queue.push(task);
      this.#pump();
    });
  }

  /** One listener for all tasks of a signal: Node warns of more than ten. */
  #watch(task: Pending, signal: AbortSignal): void {
    let watched = this.#watched.get(signal);
    if (!watched) {
      const tasks = new Set<Pending>();
      watched = { tasks, stop: () => this.#end(tasks, signal.reason) };
      this.#watched.set(signal, watched);
      signal.addEventListener('abort', watched.stop, { once: true });
    }
    watched.tasks.add(task);
  }

  #over(task: Pending, signal: AbortSignal | undefined): void {
    const watched = signal && this.#watched.get(signal);
    watched?.tasks.delete(task);
    if (!watched || watched.tasks.size) return;
    signal.removeEventListener('abort', watched.stop);
    this.#watched.delete(signal);
  }

  /** Ends tasks: those that wait, and with their worker those that run, as they may never answer. */
  #end(tasks: ReadonlySet<Pending>, reason: Error): void {
    this.#queue = this.#queue.filter((task) => !tasks.has(task));
    for (const slot of this.#slots.filter(({ task }) => task && tasks.has(task))) {
      this.#slots.splice(this.#slots.indexOf(slot), 1);
      slot.worker.terminate();
    }
    for (const task of [...tasks]) task.reject(reason);
    this.#pump();
  }

  /**
   * Runs tasks over a list in order of the list, at most `width + ahead` in flight, and hands
   * each result to `each` in list order: late or reordered workers change nothing. Aborted, tasks in
   * flight are ended with their workers, whether they would answer or not.
   */
  async mapOrdered<I, T>(
    items: Iterable<I>,
    start: StartTask<I>,
    each: (result: T, index: number) => void | Promise<void>,
    options: OrderedOptions = {},
  ): Promise<void> {
    let done = 0;
    for await (const result of this.ordered<I, T>(items, start, options)) await each(result, done++);
  }

  /** The same results one by one, for whoever takes them at a pace of their own; items may be read as they are asked for. */
  async *ordered<I, T>(
    items: Iterable<I> | AsyncIterable<I>,
    start: StartTask<I>,
    { ahead = 1, signal }: OrderedOptions = {},
  ): AsyncGenerator<T> {
    const limit = this.width + ahead;
    const inFlight: Promise<T>[] = [];
    let index = 0;
    try {
      for await (const item of items) {
        signal?.throwIfAborted();
        const { name, payload, transfer } = start(item, index++);
        const promise = this.run<T>(name, payload, transfer, signal);
        promise.catch(() => {}); // awaited in order below; an early rejection must not count as unhandled
        inFlight.push(promise);
        if (inFlight.length >= limit) yield await inFlight.shift()!;
      }
      while (inFlight.length) yield await inFlight.shift()!;
    } finally {
      await Promise.allSettled(inFlight);
    }
  }

  dispose(): void {
    this.#disposed = true;
    const error = new CurvesaeError('the worker pool was disposed');
    for (const task of this.#queue.splice(0)) task.reject(error);
    // Taken out first: Deno tells of a worker's end within terminate(), and #ended changes the list.
    for (const { task, worker } of this.#slots.splice(0)) {
      task?.reject(error);
      worker.terminate();
    }
    this.#releaseLocal();
  }

  #runLocal<T>(name: string, payload: unknown): Promise<T> {
    this.#localTasks++;
    // One at a time: handlers own state (a network session) that two tasks must not share.
    const result = this.#localTail
      .then(() => this.#options.local(name, payload))
      .then((r) => r.value as T)
      .finally(() => {
        this.#localTasks--;
        this.#releaseLocal();
      });
    this.#localTail = result.catch(() => {});
    return result;
  }

  #releaseLocal(): void {
    if (this.#disposed && this.#localTasks === 0) this.#options.release?.();
  }

  #pump(): void {
    while (this.#queue.length) {
      const free = this.#slots.find((s) => s.running && !s.task) ?? this.#start();
      if (!free) return;
      const task = this.#queue.shift()!;
      free.task = task;
      try {
        free.worker.post({ id: task.id, name: task.name, payload: task.payload }, task.transfer);
      } catch (error) {
        free.task = undefined;
        task.reject(error as Error);
      }
    }
  }

  /** A new worker that runs already; undefined where none may start, or where it is yet to run. */
  #start(): Slot | undefined {
    const starting = this.#slots.filter((s) => !s.running).length;
    if (this.#local || this.#slots.length >= this.#most || starting >= this.#queue.length) return undefined;
    const slot = this.#spawn();
    if (!slot || slot.running) return slot;
    this.#pump(); // as many start together as there is work for
    return undefined;
  }

  #spawn(): Slot | undefined {
    let worker: WorkerLike;
    try {
      worker = this.#options.spawn();
    } catch (cause) {
      this.#cannotStart(cause as Error);
      return undefined;
    }
    const slot: Slot = { worker, task: undefined, running: !worker.ready };
    worker.onMessage((message) =>
      this.#answered(slot, message as { id: number; value?: unknown; error?: Error }),
    );
    worker.onEnd((cause) => this.#ended(slot, cause));
    worker.ready?.then(
      () => {
        slot.running = true;
        this.#pump();
      },
      (cause) => this.#neverRan(slot, cause),
    );
    this.#slots.push(slot);
    return slot;
  }

  #neverRan(slot: Slot, cause: Error): void {
    const at = this.#slots.indexOf(slot);
    if (at < 0) return; // disposed, or counted already
    this.#slots.splice(at, 1);
    slot.worker.terminate();
    this.#cannotStart(cause);
  }

  /** Those that run carry on; where none does, this thread takes over. */
  #cannotStart(cause: Error): void {
    this.#most = this.#slots.length;
    if (this.#most || this.#local) return;
    this.#local = true;
    (this.#options.warn ?? console.warn)(
      `curvesae: workers cannot start (${cause.message}); computing on this thread, same results`,
    );
    for (const t of this.#queue.splice(0)) this.#runLocal(t.name, t.payload).then(t.resolve, t.reject);
  }

  #answered(slot: Slot, message: { id: number; value?: unknown; error?: Error }): void {
    const task = slot.task;
    if (!task || task.id !== message.id) return; // repeated or late answer
    slot.task = undefined;
    if (message.error) task.reject(message.error);
    else task.resolve(message.value);
    this.#pump();
  }

  #ended(slot: Slot, cause: Error): void {
    if (!slot.running) {
      this.#neverRan(slot, cause);
      return;
    }
    const at = this.#slots.indexOf(slot);
    if (at >= 0) this.#slots.splice(at, 1);
    slot.task?.reject(
      new CurvesaeError(`a worker ended during '${slot.task.name}': ${cause.message}`, { cause }),
    );
    slot.task = undefined;
    if (!this.#disposed) this.#pump();
  }
}
