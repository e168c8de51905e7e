// How an SAE is trained, for every command that trains one: as a table, and as the type that the library documents.
import { DEFAULTS } from '../pipeline/defaults.js';
import { type TrainRequest, trainOptions } from '../pipeline/training.js';
import { architectureNames } from '../sae/registry.js';
import type { TrainOptions } from '../sae/settings.js';
import { type Checked, camelCase, type Options } from './options.js';

export const TRAIN_OPTIONS = {
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
  k: {
    kind: 'number',
    value: 'K',
    help: 'active latents per input (topk and relatives); a fraction, as 4.5, for batchtopk and matryoshka',
    min: 0,
  },
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
    kind: 'numbers',
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
  centre: {
    kind: 'choice',
    of: ['auto', 'on', 'off'],
    help: 'subtract the mean of the vectors in training, folded into the SAE (default auto: where it is far from 0)',
  },
  'clip-vectors': {
    kind: 'number',
    value: 'N',
    help: 'in training, shorten vectors longer than N medians of all norms (default: none)',
    min: 0,
  },
  'b-dec-init': {
    kind: 'choice',
    of: ['zero', 'mean', 'median'],
    help: 'b_dec at the start (default: the geometric median where the input is centred by it, otherwise zero)',
  },
  'k-anneal': {
    kind: 'number',
    value: 'S',
    help: 'share of the run over which k falls to its value (default 0)',
    min: 0,
    max: 1,
  },
  'k-start': { kind: 'number', value: 'K', help: 'k at the start of --k-anneal (default d_in)', min: 0 },
  batch: {
    kind: 'integer',
    value: 'B',
    help: 'vectors per step',
    min: 1,
    max: 1048576,
    default: DEFAULTS.batch,
  },
  steps: { kind: 'integer', value: 'N', help: 'training steps', min: 1, default: DEFAULTS.steps },
} as const satisfies Options;

/** How an SAE is trained. What is left out has the architecture's default (docs/architectures.md). */
export interface TrainingOptions {
  /** Architecture: relu, topk, gated, jumprelu, batchtopk, matryoshka ... ; `'topk'` unless given. */
  arch?: string;
  /** Number of latents, instead of `expansion`. */
  dSae?: number;
  /** Latents per input dimension; 16 unless given. */
  expansion?: number;
  /** Active latents per input, of topk and relatives. */
  k?: number;
  /** Sparsity coefficient, of relu, gated, jumprelu, panneal. */
  l1?: number;
  /** Sparsity loss of jumprelu; tanh unless given. */
  penalty?: 'tanh' | 'step' | 'quadratic';
  /** L0 that the quadratic penalty aims at. */
  targetL0?: number;
  /** Window of jumprelu's straight-through gradients. */
  bandwidth?: number;
  /** Thresholds of jumprelu at the start. */
  threshold?: number;
  /** Last exponent of panneal, above 0 to 1; 0.2 unless given. */
  pEnd?: number;
  /** Ends of matryoshka's nested prefixes, in latents; the last one is d_sae. */
  groups?: number[];
  /** Dead latents that reconstruct the error, of topk and relatives; d_in / 2 unless given. */
  auxK?: number;
  /** Weight of that reconstruction; 1/32 unless given, 0: none. */
  auxCoefficient?: number;
  /** Silent vectors after which a latent is dead; a tenth of the run unless given, 10 million at most. */
  deadAfter?: number;
  /** Latents of topk's second reconstruction; none unless given. */
  multiK?: number;
  /** How far archetypal's decoder rows may leave the hull of the data; 1 unless given. */
  delta?: number;
  /** Exports a running average of the weights that keeps this share per step, 0 to 1; none unless given. */
  ema?: number;
  /** Re-initialises dead latents every so many steps of the first half; never unless given. */
  resample?: number;
  /** Learning rate. */
  lr?: number;
  /** Share of the run, 0 to 1, over which the learning rate rises. */
  lrWarmup?: number;
  /** Share of the run, 0 to 1, over which it falls to 0 at the end; 0.2 unless given. */
  lrDecay?: number;
  /** Share of the run, 0 to 1, over which the sparsity coefficient rises; 0.05 unless given. */
  l1Warmup?: number;
  /** Largest norm of the gradient; 1 unless given, 0: no clipping. */
  clip?: number;
  /** Whether the mean of the vectors is subtracted in training, folded into the SAE; auto: where it is far from 0. */
  centre?: 'auto' | 'on' | 'off';
  /** In training, vectors longer than this many medians of all norms are shortened; none unless given. */
  clipVectors?: number;
  /** b_dec at the start; the geometric median where the input is centred by it unless given, otherwise zero. */
  bDecInit?: 'zero' | 'mean' | 'median';
  /** Share of the run over which k falls from `kStart` (d_in unless given) to k; 0 unless given. */
  kAnneal?: number;
  kStart?: number;
  /** Vectors per step; 2048 unless given. */
  batch?: number;
  /** Training steps; 1500 unless given. */
  steps?: number;
}

/** Settings of the architecture and the run for `dIn` dimensions. UsageError: what cannot be trained. */
export function trainSettings(
  { arch: architecture, ...o }: Checked<typeof TRAIN_OPTIONS, TrainingOptions>,
  dIn: number,
  seed: number,
): TrainOptions {
  return trainOptions({ ...settingsOf(o), architecture }, dIn, seed);
}

/** Those of TRAIN_OPTIONS that were given, without others that `o` has. */
export function settingsOf(o: Partial<Checked<typeof TRAIN_OPTIONS, TrainingOptions>>): TrainRequest {
  const names = Object.keys(TRAIN_OPTIONS).map(camelCase) as (keyof typeof o)[];
  return Object.fromEntries(names.flatMap((name) => (o[name] === undefined ? [] : [[name, o[name]]])));
}
