// Steering by optimisation: encode(decode(f)) is not f, so the vector is moved until the SAE's own latents of it are those
// wanted (iterative latent optimisation, O'Neill et al. 2024; no code of theirs is public).
//   minimise L(x) = ||encode(x) - f*||^2 over vectors of the original's length, f* as in steer-clamp.ts,
//   from the vector steered by direction; gradient steps, halved where they do not lower L
// The encoder's gradient passes by the latents that fire. By one that should fire and does not it is taken as that of its
// pre-activation, so that it can begin to.
import type { LoadedSae } from '../../sae/inference.js';
import type { Edit } from './edits.js';
import { lengthOf, toLength } from './lengths.js';
import { clampedLatents } from './steer-clamp.js';
import { steerByDirection } from './steer-direction.js';

export const OPTIMISE = { steps: 100, rate: 0.25, least: 1e-4 } as const;

export function steerByOptimising(
  sae: LoadedSae,
  x: Float32Array,
  edits: readonly (readonly Edit[])[],
): Float32Array {
  const n = edits.length;
  const { dIn } = sae.config;
  const wanted = clampedLatents(sae, sae.encode(x, n), edits);
  const lengths = Array.from({ length: n }, (_, i) => lengthOf(x.subarray(i * dIn, (i + 1) * dIn)));
  const rescaled = (v: Float32Array): Float32Array => {
    for (let i = 0; i < n; i++) toLength(v.subarray(i * dIn, (i + 1) * dIn), lengths[i]);
    return v;
  };
  let at = rescaled(steerByDirection(sae, x, edits));
  let state = measured(sae, at, wanted, n);
  const rates = new Float64Array(n).fill(OPTIMISE.rate);
  for (let step = 0; step < OPTIMISE.steps && rates.some((r) => r > OPTIMISE.least); step++) {
    const tried = at.slice();
    for (let i = 0; i < n; i++)
      for (let j = i * dIn; j < (i + 1) * dIn; j++) tried[j] -= rates[i] * state.gradient[j];
    const next = measured(sae, rescaled(tried), wanted, n);
    // Each vector goes its own way: a step that did not help is taken back and halved.
    for (let i = 0; i < n; i++) {
      if (next.loss[i] < state.loss[i]) continue;
      rates[i] /= 2;
      const own = [i * dIn, (i + 1) * dIn] as const;
      tried.set(at.subarray(...own), own[0]);
      next.gradient.set(state.gradient.subarray(...own), own[0]);
      next.loss[i] = state.loss[i];
    }
    at = tried;
    state = next;
  }
  return at;
}

function measured(
  sae: LoadedSae,
  x: Float32Array,
  wanted: Float32Array,
  n: number,
): { loss: Float64Array; gradient: Float32Array } {
  const { dIn, dSae } = sae.config;
  const f = sae.encode(x, n);
  const loss = new Float64Array(n);
  const slopes = new Float32Array(n * dSae);
  for (let i = 0; i < n * dSae; i++) {
    const error = f[i] - wanted[i];
    if (error === 0) continue;
    loss[Math.floor(i / dSae)] += error * error;
    slopes[i] = 2 * error;
  }
  const gradient = sae.encodeBackward(x, slopes, n);
  const { data } = sae.tensors.W_enc;
  for (let i = 0; i < n * dSae; i++) {
    if (f[i] > 0 || slopes[i] === 0) continue;
    const row = Math.floor(i / dSae);
    for (let j = 0; j < dIn; j++) gradient[row * dIn + j] += slopes[i] * data[j * dSae + (i % dSae)];
  }
  return { loss, gradient };
}
