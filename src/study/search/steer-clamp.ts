// Steering by clamping: latents are set, the SAE chooses anew among them, and what it then decodes is the steered vector
// ('clamp' of O'Neill et al. 2024). What the SAE does not explain of the original is lost.
//   f' = choose(f with f_i = to_i),  x' = f' W_dec + b_dec
import type { LoadedSae } from '../../sae/inference.js';
import type { Edit } from './edits.js';

export function steerByClamp(
  sae: LoadedSae,
  x: Float32Array,
  edits: readonly (readonly Edit[])[],
): Float32Array {
  const n = edits.length;
  return sae.decode(clampedLatents(sae, sae.encode(x, n), edits), n, x);
}

/** f [n][d_sae] with the edits of each, and chosen anew: what a TopK keeps, what lies above a threshold, nothing below 0. */
export function clampedLatents(
  sae: LoadedSae,
  f: Float32Array,
  edits: readonly (readonly Edit[])[],
): Float32Array {
  const { dSae, k } = sae.config;
  const threshold = sae.tensors.threshold?.data;
  const out = f.slice();
  for (const [i, own] of edits.entries()) {
    const row = out.subarray(i * dSae, (i + 1) * dSae);
    for (const { feature, to } of own)
      row[feature] = threshold && !(to > threshold[feature]) ? 0 : Math.max(0, to);
    if (k !== undefined) keepLargest(row, k);
  }
  return out;
}

/** The k largest stay, of equal ones the earlier. */
function keepLargest(row: Float32Array, k: number): void {
  const active: number[] = [];
  for (let j = 0; j < row.length; j++) if (row[j] > 0) active.push(j);
  active.sort((a, b) => row[b] - row[a] || a - b);
  for (const j of active.slice(k)) row[j] = 0;
}
