// A worker that computes, from the page's side. Of calls of one kind that wait, only the latest is made: a slider never has
// to wait for where it was.
import { type ErrorData, errorFromData, InputError } from '../../core/errors.js';

export type Answer = { id: number; give: unknown } | { id: number; error: ErrorData } | { said: unknown };

interface Waiting {
  call: PropertyKey;
  take: unknown;
  transfer: Transferable[];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What a call answers that a later one of its kind has replaced. */
export const REPLACED = Symbol('replaced');

export class WorkerCalls<Calls extends { [C in keyof Calls]: { take: unknown; give: unknown } }> {
  #worker: Worker;
  #waiting: Waiting[] = [];
  #running: Waiting | undefined;
  #id = 0;

  /** `onSaid`: told what the worker says while it works. */
  constructor(worker: Worker, onSaid: (said: unknown) => void = () => {}) {
    this.#worker = worker;
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('said' in data) return onSaid(data.said);
      const done = this.#running;
      if (!done || data.id !== this.#id) return;
      this.#running = undefined;
      if ('error' in data) done.reject(errorFromData(data.error));
      else done.resolve(data.give);
      this.#next();
    };
    this.#worker.onerror = (event) => {
      const error = new InputError(
        `the worker that computes has ended: ${event.message || 'it could not start'}`,
      );
      for (const call of [this.#running, ...this.#waiting]) call?.reject(error);
      this.#running = undefined;
      this.#waiting = [];
    };
  }

  call<C extends keyof Calls>(
    call: C,
    take: Calls[C]['take'],
    transfer: Transferable[] = [],
  ): Promise<Calls[C]['give'] | typeof REPLACED> {
    return new Promise((resolve, reject) => {
      this.#waiting = this.#waiting.filter((w) => {
        if (w.call !== call) return true;
        w.resolve(REPLACED);
        return false;
      });
      this.#waiting.push({ call, take, transfer, resolve: resolve as (v: unknown) => void, reject });
      this.#next();
    });
  }

  dispose(): void {
    this.#worker.terminate();
    for (const call of [this.#running, ...this.#waiting]) call?.resolve(REPLACED);
    this.#waiting = [];
    this.#running = undefined;
  }

  #next(): void {
    if (this.#running) return;
    this.#running = this.#waiting.shift();
    if (!this.#running) return;
    const { call, take, transfer } = this.#running;
    this.#worker.postMessage({ id: ++this.#id, call, take }, transfer);
  }
}
