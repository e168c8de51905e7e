import { Rng } from '../../src/index.js';

/** n values in [-1, 1). */
export function randomValues(n: number, seed: number): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => 2 * rng.uniform() - 1);
}

/** Standard normal values without a core: sums of uniforms are near enough for test data. */
export function randomNormal(n: number, seed: number): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: n }, () => {
    let s = -6;
    for (let i = 0; i < 12; i++) s += rng.uniform();
    return s;
  });
}
