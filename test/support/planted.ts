// Vectors that are sparse non-negative combinations of known unit directions.

import { Rng, type VectorSource } from '../../src/index.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { randomNormal } from './random.js';

/** n vectors of d dimensions: `active` of `truth` directions each, plus a constant of 0.3. */
export function planted(
  n: number,
  d: number,
  truth: number,
  active: number,
  seed: number,
): { source: VectorSource; directions: Float32Array; data: Float32Array } {
  const rng = new Rng(seed);
  const directions = randomNormal(truth * d, seed + 1);
  for (let i = 0; i < truth; i++) {
    const row = directions.subarray(i * d, (i + 1) * d);
    const norm = Math.sqrt(row.reduce((s, v) => s + v * v, 0));
    for (let j = 0; j < d; j++) row[j] /= norm;
  }
  const data = new Float32Array(n * d).fill(0.3);
  for (let s = 0; s < n; s++)
    for (let a = 0; a < active; a++) {
      const i = rng.below(truth);
      const strength = 1 + 2 * rng.uniform();
      for (let j = 0; j < d; j++) data[s * d + j] += strength * directions[i * d + j];
    }
  return {
    source: matrixVectors({ label: 'planted', hash: `planted${seed}`, shape: [n, d], data }, 'all'),
    directions,
    data,
  };
}
