// Flags that several commands share, so that one name always means one thing.
import { UsageError } from '../core/errors.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { architectureNames } from '../sae/registry.js';
import type { TrainOptions } from '../sae/settings.js';
import type { Flags, Values } from './flags.js';

export const MODEL_FLAG = {
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'embedded, a pulled name (inceptionv1, googlenet) or a weights file',
    default: DEFAULTS.model,
  },
} as const satisfies Flags;

export const TAP_FLAG = {
  tap: { kind: 'text', value: 'TAP', help: 'layer to read, by its Lucid name', default: DEFAULTS.tap },
} as const satisfies Flags;

export const IMAGES_FLAG = {
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    help: 'photographs, or procedural[:N] for N generated images (default procedural)',
  },
} as const satisfies Flags;

export const SAMPLING_FLAGS = {
  'per-image': {
    kind: 'integer',
    value: 'N',
    help: 'vectors sampled per image',
    min: 1,
    max: 65536,
    default: DEFAULTS.perImage,
  },
  sample: {
    kind: 'choice',
    of: ['uniform', 'norm'],
    help: 'positions drawn uniformly, or in proportion to the L2 norm of their vector (as Gorton 2024)',
    default: DEFAULTS.sample,
  },
  'exclude-border': { kind: 'switch', help: 'only positions whose receptive field lies inside the image' },
} as const satisfies Flags;

export const TRAIN_FLAGS = {
  arch: {
    kind: 'text',
    value: 'A',
    help: `architecture of the SAE: ${architectureNames().join(', ')}`,
    default: DEFAULTS.architecture,
  },
  'd-sae': {
    kind: 'integer',
    value: 'F',
    help: 'number of latents (instead of --expansion)',
    min: 1,
    max: 1048576,
  },
  expansion: {
    kind: 'number',
    value: 'E',
    help: 'latents per input dimension',
    min: 0.01,
    max: 4096,
    default: DEFAULTS.expansion,
  },
  k: { kind: 'integer', value: 'K', help: 'active latents per input (topk and relatives)', min: 0 },
  l1: { kind: 'number', value: 'L', help: 'sparsity coefficient (relu, gated, jumprelu, panneal)', min: 0 },
  penalty: {
    kind: 'choice',
    of: ['tanh', 'step', 'quadratic'],
    help: 'sparsity loss of jumprelu (default tanh)',
  },
  'target-l0': { kind: 'number', value: 'L0', help: 'L0 that the quadratic penalty aims at', min: 0 },
  bandwidth: {
    kind: 'number',
    value: 'W',
    help: 'window of jumprelu’s straight-through gradients (default 2 for tanh, 0.05 otherwise)',
    min: 0,
  },
  threshold: {
    kind: 'number',
    value: 'T',
    help: 'thresholds of jumprelu at the start (default 0.1 for tanh, 0.01 otherwise)',
    min: 0,
  },
  'p-end': { kind: 'number', value: 'P', help: 'last exponent of panneal (default 0.2)', min: 0, max: 1 },
  groups: {
    kind: 'list',
    value: 'F1,F2,...',
    help: 'ends of the nested prefixes of matryoshka, the last one d_sae',
  },
  'aux-k': {
    kind: 'integer',
    value: 'K',
    help: 'dead latents that reconstruct the error (topk and relatives; default d_in / 2)',
    min: 0,
  },
  'aux-coefficient': {
    kind: 'number',
    value: 'C',
    help: 'weight of that reconstruction (default 1/32); 0: none',
    min: 0,
  },
  'dead-after': {
    kind: 'integer',
    value: 'N',
    help: 'silent vectors after which a latent is dead (default: a tenth of the run, 10 million at most)',
    min: 1,
  },
  'multi-k': {
    kind: 'integer',
    value: 'K',
    help: 'latents of topk’s second reconstruction (default: none)',
    min: 0,
  },
  delta: {
    kind: 'number',
    value: 'D',
    help: 'how far archetypal’s decoder rows may leave the hull of the data (default 1)',
    min: 0,
  },
  ema: {
    kind: 'number',
    value: 'B',
    help: 'export a running average of the weights, e.g. 0.999 (default: none)',
    min: 0,
    max: 1,
  },
  resample: {
    kind: 'integer',
    value: 'N',
    help: 're-initialise dead latents every N steps of the first half (default: never)',
    min: 0,
  },
  lr: { kind: 'number', value: 'LR', help: 'learning rate (default: see docs/architectures.md)', min: 0 },
  'lr-warmup': {
    kind: 'number',
    value: 'S',
    help: 'share of the run over which the learning rate rises',
    min: 0,
    max: 1,
  },
  'lr-decay': {
    kind: 'number',
    value: 'S',
    help: 'share of the run over which it falls to 0 at the end (default 0.2)',
    min: 0,
    max: 1,
  },
  'l1-warmup': {
    kind: 'number',
    value: 'S',
    help: 'share of the run over which the sparsity coefficient rises (default 0.05; 1 for jumprelu’s tanh)',
    min: 0,
    max: 1,
  },
  clip: {
    kind: 'number',
    value: 'N',
    help: 'largest norm of the gradient (default 1); 0: no clipping',
    min: 0,
  },
  batch: {
    kind: 'integer',
    value: 'B',
    help: 'vectors per step',
    min: 1,
    max: 1048576,
    default: DEFAULTS.batch,
  },
  steps: { kind: 'integer', value: 'N', help: 'training steps', min: 1, default: DEFAULTS.steps },
} as const satisfies Flags;

/** The numbers of a list flag. */
export const numbers = (flag: string, texts: readonly string[] | undefined): number[] | undefined =>
  texts?.map((text) => {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new UsageError(`--${flag}: '${text}' is not a number`);
    return value;
  });

/** Settings of the architecture and the run, as the flags give them; absent ones stay absent. */
export function trainSettings(
  values: Values<typeof TRAIN_FLAGS> & { seed: number },
): Omit<TrainOptions, 'dSae'> & { dSae?: number } {
  const given = {
    dSae: values['d-sae'],
    k: values.k,
    l1: values.l1,
    penalty: values.penalty as TrainOptions['penalty'],
    targetL0: values['target-l0'],
    bandwidth: values.bandwidth,
    threshold: values.threshold,
    pEnd: values['p-end'],
    groups: numbers('groups', values.groups),
    auxK: values['aux-k'],
    auxCoefficient: values['aux-coefficient'],
    deadAfter: values['dead-after'],
    multiK: values['multi-k'],
    delta: values.delta,
    ema: values.ema,
    resample: values.resample,
    lr: values.lr,
    lrWarmup: values['lr-warmup'],
    lrDecay: values['lr-decay'],
    l1Warmup: values['l1-warmup'],
    clip: values.clip,
  };
  return {
    architecture: values.arch,
    batch: values.batch,
    steps: values.steps,
    seed: values.seed,
    ...(Object.fromEntries(
      Object.entries(given).filter(([, v]) => v !== undefined),
    ) as Partial<TrainOptions>),
  };
}
