// One training step (gradients, clipping, Adam, unit rows) on random data.
//
// Random data have no trained SAE: where k does not say how many latents fire, the encoder's
// biases are set so that about 2 % do, as in a trained one. The learning rate is 1e-9, so that
// every step does the same work.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { Rng } from '../core/random.js';
import type { Copies } from '../sae/copies/copies.js';
import type { Hyperparameters } from '../sae/hyperparameters.js';
import { initialise } from '../sae/initial.js';
import { sizesOf } from '../sae/memory.js';
import { architecture } from '../sae/registry.js';
import { resolveHyperparameters, type TrainOptions } from '../sae/settings.js';
import type { Slices } from '../sae/slices/operations.js';
import { allocFor, TrainingStep } from '../sae/step.js';
import type { Environment, Impl, Variant, Work } from './types.js';

/** Pre-activations have this standard deviation per unit of row norm; 2 % exceed 2.05. */
const SPARSE = 2.05;

export interface StepCase {
  arch: string;
  d: number;
  f: number;
  batch: number;
  settings?: Partial<TrainOptions>;
}

export interface PreparedStep {
  core: Core;
  step: TrainingStep;
  hyperparameters: Hyperparameters;
  /** One step; its loss and the norm of its gradient. */
  run(): { loss: number; norm: number };
  /** The same, encoded on threads with copies first. */
  runAhead(): Promise<{ loss: number; norm: number }>;
}

/** `slices`: threads to come, in whose memory it lies; `copies`: threads to come that encode for it. */
export function prepareStep(
  engine: Engine,
  { arch, d, f, batch, settings = {} }: StepCase,
  slices?: Slices,
  copies?: Copies,
): PreparedStep {
  const options: TrainOptions = {
    ...{ architecture: arch, dSae: f, batch, steps: 1000, seed: 0, lr: 1e-9 },
    deadAfter: Number.MAX_SAFE_INTEGER,
    ...settings,
  };
  const h = resolveHyperparameters(options, d);
  const core = slices?.core ?? engine.acquire();
  const a = architecture(arch);
  const p = allocFor(core, a, h, sizesOf(d, f));
  const step = new TrainingStep(core, a, h, p, batch, slices, copies);
  const rng = new Rng(1);
  const x = Float32Array.from({ length: batch * d }, () => rng.normal(core.math));
  core.f32(step.x, x.length).set(x);
  const sample = x.subarray(0, Math.min(batch, 64) * d);
  initialise(core, p, a, { seed: 0, rows: sample });
  core.f32(p.bDec.ptr, d).fill(0);
  step.start(sample, 0);
  if (!('k' in settings)) core.f32(p.bEnc.ptr, f).fill(-SPARSE * a.initialNorm);
  let t = 0;
  const run = () => {
    const { loss } = step.gradientsOf(h.l1 ?? 0, t * batch, t, options.steps);
    return { loss, norm: step.apply(h.lr, ++t) };
  };
  const runAhead = async () => {
    const { loss } = await step.gradientsAhead(h.l1 ?? 0, t * batch, t, options.steps);
    return { loss, norm: step.apply(h.lr, ++t) };
  };
  return { core, step, hyperparameters: h, run, runAhead };
}

/** Our step as an implementation; memory is taken at its first run, given back by dispose. */
export function ownStep(c: StepCase, { build, engine }: Variant, version: string): Impl {
  let prepared: PreparedStep | undefined;
  let last = { loss: 0, norm: 0 };
  return {
    impl: 'curvesae',
    ...{ version, build, threads: 1, batch: c.batch },
    tolerance: build === 'naive' || build === 'relaxed' ? 1e-3 : 0,
    run: () => {
      prepared ??= prepareStep(engine, c);
      last = prepared.run();
    },
    output: () => [last.loss, last.norm],
    dispose: () => {
      prepared?.core.dispose();
      prepared = undefined;
    },
  };
}

export const SMALL = { d: 192, f: 3072 };
export const LARGE = { d: 480, f: 7680 };
export const BATCH = 2048;

export const stepName = ({ arch, d, f }: StepCase): string => `sae ${arch} step d=${d} F=${f}`;

const SETTINGS: readonly [string, Partial<TrainOptions>][] = [
  ['topk', { k: 32 }],
  ['relu', { l1: 1 }],
  ['gated', { l1: 1 }],
];

/** The three architectures of the promises at both sizes; every variant for TopK at the smaller. */
export async function* saeWorks({ variants, version }: Environment): AsyncGenerator<Work> {
  for (const size of [SMALL, LARGE])
    for (const [arch, settings] of SETTINGS) {
      const c: StepCase = { arch, ...size, batch: BATCH, settings };
      const impls = variants
        .filter(({ build }, i) => i === 0 || (size === SMALL && arch === 'topk' && build !== 'naive'))
        .map((variant) => ownStep(c, variant, version));
      yield { work: stepName(c), tolerance: 1e-3, impls };
    }
}
