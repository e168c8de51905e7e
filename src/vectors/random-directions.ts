// Directions that know nothing of the data: what a dictionary finds by chance.
import type { CoreMath } from '../core/math.js';
import type { Rng } from '../core/random.js';

/** `count` Gaussian directions of length 1, [count][d]. */
export function randomDirections(math: CoreMath, rng: Rng, count: number, d: number): Float32Array {
  const out = new Float32Array(count * d);
  const row = new Float64Array(d);
  for (let i = 0; i < count; i++) out.set(unitRow(math, rng, row), i * d);
  return out;
}

/**
 * A random orthogonal matrix [d][d], uniform over rotations and reflections (Haar): Gaussian rows made
 * orthogonal one after the other, twice, since once loses digits.
 */
export function randomRotation(math: CoreMath, rng: Rng, d: number): Float32Array {
  const rows = new Float64Array(d * d);
  const row = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    unitRow(math, rng, row);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let k = 0; k < d; k++) dot += row[k] * rows[j * d + k];
        for (let k = 0; k < d; k++) row[k] -= dot * rows[j * d + k];
      }
      normalise(row);
    }
    rows.set(row, i * d);
  }
  return Float32Array.from(rows);
}

function unitRow(math: CoreMath, rng: Rng, row: Float64Array): Float64Array {
  for (let k = 0; k < row.length; k++) row[k] = rng.normal(math);
  return normalise(row);
}

function normalise(row: Float64Array): Float64Array {
  let square = 0;
  for (const v of row) square += v * v;
  const length = Math.sqrt(square);
  for (let k = 0; k < row.length; k++) row[k] /= length;
  return row;
}
