// Learning-rate and sparsity schedules. Pure functions of the step, so that a resumed run
// needs no state for them.
import type { Hyperparameters } from './hyperparameters.js';

/** Linear from 0 over the first `warmup` of the run, constant, linear to 0 over the last `decay`. Steps count from 0. */
export function learningRate(lr: number, step: number, steps: number, warmup: number, decay: number): number {
  const up = Math.floor(steps * warmup);
  const down = Math.floor(steps * decay);
  let factor = 1;
  if (step < up) factor = (step + 1) / up;
  if (down > 0 && step >= steps - down) factor = Math.min(factor, (steps - step) / down);
  return lr * factor;
}

/** Linear from 0 to `value` over the first `warmup` of the run. */
export function ramp(value: number, step: number, steps: number, warmup: number): number {
  const up = Math.floor(steps * warmup);
  return step < up ? (value * (step + 1)) / up : value;
}

/** How far a learning rate falls when latents are re-initialised, and over how many steps it returns (METHODS 3.2). */
const RESAMPLED = 0.1;
const RETURN_STEPS = 1000;

/** Latents are re-initialised after step `every`, 2 `every` ..., up to half of the run. */
export const resamplesAfter = (step: number, steps: number, every: number): boolean =>
  step > 0 && step % every === 0 && step <= steps / 2;

/** Factor of the learning rate: 0.1 after a resampling, back to 1 by a cosine. Steps count from 0. */
export function afterResampling(
  math: { cos(x: number): number },
  step: number,
  steps: number,
  every: number,
): number {
  const last = Math.min(step - (step % every), every * Math.floor(steps / 2 / every));
  if (last === 0) return 1;
  const share = Math.min(1, (step - last) / Math.min(RETURN_STEPS, every));
  return 1 - ((1 - RESAMPLED) * (1 + math.cos(Math.PI * share))) / 2;
}

/** k at the start of its annealing: d_in unless given (dictionary_learning), as many as there are at most. */
const startOfK = ({ k = 1, kStart, dIn, dSae }: Hyperparameters): number =>
  Math.min(dSae, Math.max(k, kStart ?? dIn));

/** k of a step whose k is annealed: linear from its start to k over the first `kAnneal` of the run. */
export function annealedK(h: Hyperparameters, step: number, steps: number): number | undefined {
  if (!h.kAnneal || h.k === undefined) return undefined;
  const down = Math.floor(steps * h.kAnneal);
  const start = startOfK(h);
  return step < down ? start + ((h.k - start) * step) / down : h.k;
}

/** What is chosen by k, with room for its annealing. */
export const largest = <R extends 'topk' | 'batchtopk'>(
  rule: R,
  h: Hyperparameters,
): { rule: R; k: number; most?: number } => ({
  rule,
  k: h.k!,
  ...(h.kAnneal && { most: startOfK(h) }),
});
