// What a user asks a training run for, and what it is then run with.
import { UsageError } from '../core/errors.js';
import type { Architecture } from './architectures/architecture.js';
import type { Hyperparameters, Schedule, Settings } from './hyperparameters.js';
import { architecture } from './registry.js';

export interface TrainOptions
  extends Partial<Settings>,
    Partial<
      Pick<
        Schedule,
        | 'lr'
        | 'lrWarmup'
        | 'lrDecay'
        | 'l1Warmup'
        | 'deadAfter'
        | 'clip'
        | 'ema'
        | 'resample'
        | 'centre'
        | 'clipVectors'
        | 'bDecInit'
      >
    > {
  architecture: string;
  dSae: number;
  batch: number;
  steps: number;
  /** Of the starting values, and of the order of the data unless `dataSeed` is given. */
  seed: number;
  dataSeed?: number;
}

/** Settings that belong to some architectures only: Architecture.uses. */
export const SETTINGS = [
  'k',
  'kAnneal',
  'kStart',
  'auxK',
  'auxCoefficient',
  'multiK',
  'l1',
  'pEnd',
  'penalty',
  'bandwidth',
  'threshold',
  'targetL0',
  'groups',
  'delta',
] as const satisfies (keyof Settings)[];

const SCHEDULE = [
  'lr',
  'lrWarmup',
  'lrDecay',
  'l1Warmup',
  'deadAfter',
  'clip',
  'ema',
  'resample',
  'centre',
  'clipVectors',
  'bDecInit',
] as const;

/** The options with the architecture's defaults; UsageError for values that cannot be. */
export function resolveHyperparameters(options: TrainOptions, dIn: number): Hyperparameters {
  const a = architecture(options.architecture);
  const { dSae, steps, batch } = options;
  for (const key of SETTINGS)
    if (options[key] !== undefined && !a.uses.has(key))
      throw new UsageError(`architecture ${a.name} has no setting '${key}'`);
  for (const [name, value] of Object.entries({ d_sae: dSae, batch, steps }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`${name} must be a whole number above 0, not ${value}`);
  const given: Partial<Hyperparameters> = Object.fromEntries(
    [...SETTINGS, ...SCHEDULE].filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
  const h: Hyperparameters = { dIn, dSae, ...a.defaults({ dIn, dSae, steps, batch }, given), ...given };
  check(a, h);
  return h;
}

function check(a: Architecture, h: Hyperparameters): void {
  const wrong = (message: string): never => {
    throw new UsageError(message);
  };
  const { k, dSae } = h;
  if (a.uses.has('k') && k !== undefined) {
    const shared = a.selection(h).rule === 'batchtopk';
    if (!(k > 0) || (!shared && k < 1)) wrong(`k must be ${shared ? 'above 0' : 'at least 1'}, not ${k}`);
    if (!shared && !Number.isSafeInteger(k))
      wrong(`k of ${a.name} must be a whole number, not ${k}; batchtopk and matryoshka take fractions`);
    if (k > dSae) wrong(`k ${k} is larger than d_sae ${dSae}; choose a smaller k or a wider SAE`);
  }
  if (h.kAnneal !== undefined && !(h.kAnneal >= 0 && h.kAnneal <= 1))
    wrong(`the annealing of k must be a share of the run, 0 to 1, not ${h.kAnneal}`);
  if (h.kStart !== undefined && !(h.kStart >= (k ?? 0) && h.kStart <= dSae))
    wrong(`k must start between its end, ${k}, and d_sae ${dSae}, not at ${h.kStart}`);
  if (!(h.lr > 0 && Number.isFinite(h.lr))) wrong(`the learning rate must be above 0, not ${h.lr}`);
  for (const [what, share] of [
    ["the learning rate's warm-up", h.lrWarmup],
    ["the learning rate's decay", h.lrDecay],
    ["the sparsity coefficient's warm-up", h.l1Warmup],
  ] as const)
    if (!(share >= 0 && share <= 1)) wrong(`${what} must be a share of the run, 0 to 1, not ${share}`);
  if (!(h.clip >= 0)) wrong(`the gradient's largest norm must not be negative, not ${h.clip}`);
  if (!(h.deadAfter >= 1)) wrong(`a latent can be dead after 1 silent vector or more, not ${h.deadAfter}`);
  if (!(h.ema >= 0 && h.ema < 1)) wrong(`the weights' running average must keep 0 to 1, not ${h.ema}`);
  if (!Number.isSafeInteger(h.resample) || h.resample < 0)
    wrong(`resampling needs a whole number of steps, not ${h.resample}`);
  if (h.centre !== undefined && !['auto', 'on', 'off'].includes(h.centre))
    wrong(`centring must be auto, on or off, not ${h.centre}`);
  if (h.clipVectors !== undefined && !(h.clipVectors > 0))
    wrong(`the longest vector must be above 0 medians, not ${h.clipVectors}`);
  if (h.bDecInit !== undefined && !['zero', 'mean', 'median'].includes(h.bDecInit))
    wrong(`b_dec must start as zero, mean or median, not ${h.bDecInit}`);
  if (h.resample && a.derivedDecoder)
    wrong(`architecture ${a.name} has no resampling: its decoder is made of archetypes`);
  for (const key of ['auxK', 'multiK'] as const)
    if (h[key] !== undefined && !(Number.isSafeInteger(h[key]) && h[key] >= 0))
      wrong(`${key} must be a whole number, not ${h[key]}`);
  if (h.auxCoefficient !== undefined && !(h.auxCoefficient >= 0))
    wrong(`the weight of AuxK must not be negative, not ${h.auxCoefficient}`);
  if (h.threshold !== undefined && !(h.threshold >= 0))
    wrong(`thresholds must start at 0 or above, not ${h.threshold}`);
  if (h.l1 !== undefined && !(h.l1 >= 0)) wrong(`the sparsity coefficient must not be negative, not ${h.l1}`);
  if (h.pEnd !== undefined && !(h.pEnd > 0 && h.pEnd <= 1))
    wrong(`p must end above 0 and at most 1, not ${h.pEnd}`);
  if (h.bandwidth !== undefined && !(h.bandwidth > 0))
    wrong(`the bandwidth must be above 0, not ${h.bandwidth}`);
  if (h.targetL0 !== undefined && !(h.targetL0 > 0))
    wrong(`the target L0 must be above 0, not ${h.targetL0}`);
  if (h.penalty !== undefined && !['tanh', 'step', 'quadratic'].includes(h.penalty))
    wrong(`the sparsity loss must be tanh, step or quadratic, not ${h.penalty}`);
  if (h.delta !== undefined && !(h.delta >= 0)) wrong(`delta must not be negative, not ${h.delta}`);
  const { groups } = h;
  if (groups) {
    const rising = groups.every((end, i) => Number.isSafeInteger(end) && end > (i ? groups[i - 1] : 0));
    if (!rising || groups[groups.length - 1] !== dSae)
      wrong(`prefixes must rise and end at d_sae ${dSae}, not ${groups.join(',')}`);
  }
}
