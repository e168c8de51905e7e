// Where the threads of a team (team.ts) meet: one SharedArrayBuffer.
//   i32   turn, members done, stop, failed, operation, rows, alignment, top of the arena, threads that are
//         ready, members
//   f64   operands, then results of each member
//   bytes the error of a member that failed
// A turn begins when `turn` counts on, and ends when `done` has reached the number of the other members.
import { errorData, errorFromData } from './errors.js';

export const [TURN, DONE, STOP, FAILED, OPERATION, ROWS, ALIGN, TOP, READY, SIZE] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
];
const WORDS = 16;
const OPERANDS = 32;
export const RESULTS = 8;
export const MOST_MEMBERS = 256;
const ERROR_BYTES = 4096;

/**
 * A thread looks at a counter for so long before it sleeps. Waking it takes .1 ms to 1 ms, several times what lies
 * between two turns of a step (docs/lab/sae.md).
 */
const SPIN_MS = 1;
/** Looks between two looks at the clock. */
const LOOKS = 500;

/** Begins and ends of slices: fixed by rows, alignment and number of members. */
export function sliceOf(rows: number, align: number, index: number, size: number): [number, number] {
  const units = Math.ceil(rows / align);
  const at = (i: number): number => Math.min(rows, align * Math.floor((units * i) / size));
  return [at(index), at(index + 1)];
}

export class Control {
  readonly words: Int32Array;
  readonly operands: Float64Array;
  readonly results: Float64Array;
  readonly error: Uint8Array;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, WORDS);
    this.operands = new Float64Array(buffer, 4 * WORDS, OPERANDS);
    this.results = new Float64Array(buffer, 4 * WORDS + 8 * OPERANDS, RESULTS * MOST_MEMBERS);
    this.error = new Uint8Array(buffer, 4 * WORDS + 8 * (OPERANDS + RESULTS * MOST_MEMBERS), ERROR_BYTES);
  }

  static make(): Control {
    return new Control(
      new SharedArrayBuffer(4 * WORDS + 8 * (OPERANDS + RESULTS * MOST_MEMBERS) + ERROR_BYTES),
    );
  }

  get space(): { top: Int32Array } {
    return { top: this.words.subarray(TOP, TOP + 1) };
  }

  resultsOf(index: number): Float64Array {
    return this.results.subarray(RESULTS * index, RESULTS * (index + 1));
  }

  fail(error: unknown): void {
    const { name, message } = errorData(error);
    const bytes = new TextEncoder().encode(JSON.stringify({ name, message: message.slice(0, 900) }));
    this.error.set(bytes.subarray(0, ERROR_BYTES));
    Atomics.store(this.words, FAILED, bytes.length);
    Atomics.notify(this.words, DONE);
  }

  get failure(): Error | undefined {
    const length = Atomics.load(this.words, FAILED);
    return length
      ? errorFromData(JSON.parse(new TextDecoder().decode(this.error.slice(0, length))))
      : undefined;
  }
}

/** Waits for the turn after `turn`. */
export function next(words: Int32Array, turn: number): number {
  for (;;) {
    const now = spin(words, TURN, (n) => n !== turn);
    if (now !== turn) return now;
    Atomics.wait(words, TURN, turn);
  }
}

/** What a word is, once it is as wanted, or after a while. */
export function spin(words: Int32Array, at: number, wanted: (value: number) => boolean): number {
  const end = performance.now() + SPIN_MS;
  let value = 0;
  do {
    for (let look = 0; look < LOOKS; look++) {
      value = Atomics.load(words, at);
      if (wanted(value)) return value;
    }
  } while (performance.now() < end);
  return value;
}
