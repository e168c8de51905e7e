// What FAULTS P1, P2 and P5 do to a fixture, for any reader of bytes.
import * as fc from 'fast-check';
import { InputError } from '../../src/index.js';

/** The InputError of `read(bytes)`, undefined where it succeeds; any other error is a fault of the reader. */
export function refusal(read: () => unknown): InputError | undefined {
  try {
    read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (error.message.includes('\n')) throw new Error(`not one line: ${error.message}`);
    return error;
  }
  return undefined;
}

/** Every proper prefix must be refused. */
export function truncations(file: Uint8Array, read: (bytes: Uint8Array) => unknown): void {
  for (let n = 0; n < file.length; n++)
    if (!refusal(() => read(file.slice(0, n))))
      throw new Error(`accepted when cut to ${n} of ${file.length} bytes`);
}

/** Flips every bit of [from, to) one at a time; `check` judges what is still accepted. */
export function bitFlips(
  file: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  [from, to]: [number, number],
  check: (bit: number) => void = (bit) => {
    throw new Error(`accepted with bit ${bit & 7} of byte ${bit >> 3} flipped`);
  },
): number {
  let refused = 0;
  for (let bit = 8 * from; bit < 8 * to; bit++) {
    const bytes = file.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    if (refusal(() => read(bytes))) refused++;
    else check(bit);
  }
  return refused;
}

/** Random edits of a valid file and random bytes: refused or read, never another error. */
export function fuzz(file: Uint8Array, read: (bytes: Uint8Array) => unknown, runs = 300): void {
  const edit = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), fc.nat(file.length), (edits, cut) => {
      const bytes = file.slice(0, edits.length % 2 ? file.length : cut);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      refusal(() => read(bytes));
    }),
    { numRuns: runs },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      refusal(() => read(bytes));
    }),
    { numRuns: runs },
  );
}
