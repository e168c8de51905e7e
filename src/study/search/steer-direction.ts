// Steering by direction: what the features' decoder rows would add is added to the original vector, whose own part that the
// SAE does not explain stays ('auto' of O'Neill et al. 2024).
//   x' = x + sum_i (to_i - from_i) W_dec[i]
import type { LoadedSae } from '../../sae/inference.js';
import type { Edit } from './edits.js';

/** x [n][d_in] with the edits of each. Decoding is affine, so its differences hold for SAEs that normalise each vector too. */
export function steerByDirection(
  sae: LoadedSae,
  x: Float32Array,
  edits: readonly (readonly Edit[])[],
): Float32Array {
  const { dSae } = sae.config;
  const n = edits.length;
  const changes = new Float32Array(n * dSae);
  for (const [i, own] of edits.entries())
    for (const { feature, from, to } of own) changes[i * dSae + feature] = to - from;
  const changed = sae.decode(changes, n, x);
  const nothing = sae.decode(new Float32Array(n * dSae), n, x);
  return x.map((v, i) => v + (changed[i] - nothing[i]));
}
