// Rows that a bound on rounded products must survive.
import { Rng } from '../../src/index.js';
import { randomNormal } from './random.js';

/** Kinds of rows, [d] from a row of standard normal values. The last three are irregular: no bound exists. */
export const ROWS: Record<string, (row: Float32Array, rng: Rng) => ArrayLike<number>> = {
  normal: (row) => row,
  zeros: (row) => row.map(() => 0),
  'equal values': (row) => row.map(() => 0.7),
  'alternating signs': (row) => row.map((v, i) => (i % 2 ? -Math.abs(v) : Math.abs(v))),
  'halves of a step': (row) => row.map((_, i) => (i ? ((i * 37) % 60000) - 30000 + 0.5 : 32766) * 2 ** -15),
  'one large element': (row) => row.map((v, i) => (i === 1 ? 3e6 : v)),
  'ratios of 2^30': (row) => row.map((v, i) => v * 2 ** ((i % 7) * 5 - 15)),
  tiny: (row) => row.map((v) => v * 1e-11),
  large: (row) => row.map((v) => v * 1e10),
  denormal: (row) => row.map((v) => v * 1e-41),
  'beyond the range': (row) => row.map((v) => v * 1e30),
  'one NaN': (row, rng) => row.with(rng.below(row.length), Number.NaN),
  'one infinity': (row, rng) => row.with(rng.below(row.length), -Infinity),
};

/** n rows of d values, of all kinds in turn, each kind repeated row by row so that equal rows meet. */
export function adversarialRows(n: number, d: number, seed: number, kinds = Object.keys(ROWS)): Float32Array {
  const rng = new Rng(seed);
  const out = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const row = randomNormal(d, seed + (i % 3 ? i : 0));
    out.set(ROWS[kinds[i % kinds.length]](row, rng), i * d);
  }
  return out;
}
