// Re-initialisation of dead latents (Bricken et al. 2023; METHODS 3.2): at fixed steps, each
// latent silent since the last one becomes an input that is reconstructed badly, drawn in
// proportion to its squared loss. Decoder row = that input's unit direction; encoder = it
// times 0.2 of the mean norm of the alive encoders; biases 0; their Adam moments 0.
import type { Core } from '../core/core.js';
import { Rng } from '../core/random.js';
import type { Hyperparameters } from './hyperparameters.js';
import { listParameters } from './memory.js';
import { resamplesAfter } from './schedule.js';
import type { TrainingStep } from './step.js';

const ENCODER_SHARE = 0.2;

/** `step`: steps done. Uses the batch and the errors of the step just taken. */
export function resampleDead(
  core: Core,
  training: TrainingStep,
  h: Hyperparameters,
  { step, steps, batch, seed }: { step: number; steps: number; batch: number; seed: number },
): void {
  if (!resamplesAfter(step, steps, h.resample)) return;
  const { parameters, lastFired } = training;
  const { d, D, f } = parameters.sizes;
  const now = step * batch;
  const dead: number[] = [];
  for (let i = 0; i < f; i++) if (now - lastFired[i] >= h.resample * batch) dead.push(i);
  if (!dead.length) return;
  const sample = drawer(core, training, batch, new Rng(seed, 1_000 + step));
  const norm = ENCODER_SHARE * meanNorm(core, training, new Set(dead));
  for (const i of dead) {
    const row = sample();
    if (!row) return; // a batch without error has nothing to teach
    for (let j = 0; j < d; j++) {
      core.f32(parameters.wDec.ptr + 4 * (i * D + j), 1)[0] = row[j];
      core.f32(parameters.wEnc.ptr + 4 * (i * D + j), 1)[0] = row[j] * norm;
    }
    for (const p of listParameters(parameters))
      if (p.rows === 1 && p.columns === f && p.name !== 'threshold') core.f32(p.ptr, f)[i] = 0;
    for (const group of [training.moments1, training.moments2])
      for (const p of listParameters(group)) {
        if (p.rows === f) core.f32(p.ptr + 4 * i * p.stride, p.stride).fill(0);
        else if (p.rows === 1 && p.columns === f) core.f32(p.ptr, f)[i] = 0;
      }
    training.objective.resampled?.(i);
    lastFired[i] = now;
  }
}

/** Unit rows x - b_dec, drawn in proportion to the squared loss of the last block. */
function drawer(core: Core, training: TrainingStep, batch: number, rng: Rng) {
  const { d, D } = training.parameters.sizes;
  const { block, errors } = training.objective;
  // The errors in memory are those of the last block of the batch.
  const from = Math.floor((batch - 1) / block) * block;
  const loss = core.f32(errors, batch - from);
  const sums = new Float64Array(loss.length);
  let total = 0;
  for (let i = 0; i < loss.length; i++) {
    total += loss[i] * loss[i];
    sums[i] = total;
  }
  return (): Float32Array | undefined => {
    if (!(total > 0)) return undefined;
    const at = rng.uniform() * total;
    const chosen = sums.findIndex((s) => s > at);
    const x = core.f32(training.x + 4 * (from + chosen) * D, d);
    const bias = core.f32(training.parameters.bDec.ptr, d);
    const row = x.map((v, j) => v - bias[j]);
    const norm = Math.sqrt(row.reduce((s, v) => s + v * v, 0));
    return norm > 0 ? row.map((v) => v / norm) : undefined;
  };
}

/** Mean norm of the encoder rows of latents that are not dead. */
function meanNorm(core: Core, training: TrainingStep, dead: ReadonlySet<number>): number {
  const { wEnc, sizes } = training.parameters;
  let [sum, alive] = [0, 0];
  for (let i = 0; i < sizes.f; i++) {
    if (dead.has(i)) continue;
    const row = core.f32(wEnc.ptr + 4 * i * sizes.D, sizes.D);
    sum += Math.sqrt(row.reduce((s, v) => s + v * v, 0));
    alive++;
  }
  return alive ? sum / alive : 1;
}
