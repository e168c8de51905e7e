// The worker that computes, from the page's side. Of calls of one kind that wait, only the
// latest is made: a slider never has to wait for where it was.
import { errorFromData, InputError } from '../../core/errors.js';
import type { RunData } from './data.js';
import type { Answer, CallName, Calls } from './protocol.js';

interface Waiting {
  call: CallName;
  take: unknown;
  transfer: Transferable[];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What a call answers that a later one of its kind has replaced. */
export const REPLACED = Symbol('replaced');

export class Compute {
  #worker: Worker;
  #waiting: Waiting[] = [];
  #running: Waiting | undefined;
  #id = 0;

  constructor() {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
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

  /** Network and autoencoder of a run, fetched and made ready. */
  async open(run: RunData): Promise<Calls['open']['give']> {
    const lacking = run.lacks('model');
    if (lacking) throw new InputError(`the network of this run is not here: ${lacking}`);
    const absolute = (path: string) => new URL(path, document.baseURI).href;
    const answer = await this.call('open', {
      data: absolute(run.base),
      core: absolute('core'),
      index: run.index,
    });
    if (answer === REPLACED) throw new InputError('another run was opened');
    return answer;
  }

  call<C extends CallName>(
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
