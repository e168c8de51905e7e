// Whether the steps of a run are sooner done on all of its threads or on one: measured as they go. Waking
// threads takes what a small step has not to give, and on a machine that is busy with other work all threads
// wait for the one that is not let run. Which it is changes no bit.
//
// A few steps of each are timed in turns, the faster way is kept for HOLD steps, then for twice as many, and so on.

/** Pairs of steps whose times do not count: code is compiled, memory touched for the first time. */
const FIRST_PAIRS = 3;
const PAIRS = 3;
const HOLD = 32;
const LONGEST_HOLD = 1024;

/** Threads that may take part in a step. */
export interface Paced {
  readonly members: number;
  together: boolean;
}

export class Pace {
  #threads: Paced;
  #clock: () => number;
  /** Steps until the next measurement, and after that one. */
  #left = 0;
  #hold = HOLD;
  #timed = 0;
  #first = true;
  #times: { together: number[]; alone: number[] } = { together: [], alone: [] };

  constructor(threads: Paced, clock: () => number = () => performance.now()) {
    this.#threads = threads;
    this.#clock = clock;
  }

  /** A step, on all threads or on one. */
  async step<T>(run: () => Promise<T>): Promise<T> {
    if (this.#threads.members < 2) return run();
    if (this.#left > 0) {
      this.#left--;
      return run();
    }
    const together = this.#timed % 2 === 0;
    this.#threads.together = together;
    const since = this.#clock();
    const result = await run();
    this.#count(together, this.#clock() - since);
    return result;
  }

  #count(together: boolean, ms: number): void {
    const skipped = this.#first ? FIRST_PAIRS : 0;
    if (this.#timed >= 2 * skipped) this.#times[together ? 'together' : 'alone'].push(ms);
    if (++this.#timed < 2 * (skipped + PAIRS)) return;
    this.#threads.together = median(this.#times.together) <= median(this.#times.alone);
    this.#left = this.#hold;
    this.#hold = Math.min(2 * this.#hold, LONGEST_HOLD);
    this.#first = false;
    this.#timed = 0;
    this.#times = { together: [], alone: [] };
  }
}

/** A step that the machine interrupted says nothing of the others. */
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
