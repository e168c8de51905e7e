// The SAE classes of dictionary_learning (METHODS 9.3): keys of their state dictionaries, and what they are here.
//
// What its classes compute, and so which kind of SAE each is here:
//   AutoEncoder            f = ReLU(W (x - bias) + b_enc)           standard, b_dec at the input
//   AutoEncoderNew         f = ReLU(W x + b_enc)                    standard
//   GatedAutoEncoder       the gated encoder on x - decoder_bias    gated
//   AutoEncoderTopK        ReLU, then the k largest                 topk (the same values)
//   BatchTopKSAE, Matryoshka...  ReLU(pre) where it is > threshold  jumprelu, one threshold for all
//   JumpReluAutoEncoder    ReLU(pre) where pre > threshold [F]      jumprelu, no b_dec at the input
// Newer versions of GatedAutoEncoder and JumpReluAutoEncoder scale f by ||W_dec_i|| after encoding
// and divide by it before decoding: xhat is the same, features here are without that factor.
import type { Kind } from '../kinds.js';

export interface DictClass {
  kind: Kind;
  /** Registry name where config.json does not say more. */
  architecture: string;
  centresInput: boolean;
  /** Their key: our tensor, and whether theirs is its transpose. In the order of their state_dict(). */
  keys: Record<string, [ours: string, turned?: 'turned']>;
  /** Whole numbers and thresholds beside the weights. */
  buffers?: readonly ('k' | 'threshold' | 'group_sizes')[];
  /** Buffers that older versions did not save. */
  optional?: readonly string[];
  /** What readers of config.json dispatch on besides dict_class. */
  trainer: string;
}

const LINEAR = {
  'encoder.weight': ['W_enc', 'turned'],
  'encoder.bias': ['b_enc'],
  'decoder.weight': ['W_dec', 'turned'],
} satisfies DictClass['keys'];
const PLAIN = {
  W_enc: ['W_enc'],
  b_enc: ['b_enc'],
  W_dec: ['W_dec'],
  b_dec: ['b_dec'],
} satisfies DictClass['keys'];

export const CLASSES: ReadonlyMap<string, DictClass> = new Map<string, DictClass>([
  [
    'AutoEncoder',
    {
      kind: 'standard',
      architecture: 'relu',
      centresInput: true,
      keys: { bias: ['b_dec'], ...LINEAR },
      trainer: 'StandardTrainer',
    },
  ],
  [
    'AutoEncoderNew',
    {
      kind: 'standard',
      architecture: 'relu',
      centresInput: false,
      keys: { ...LINEAR, 'decoder.bias': ['b_dec'] },
      trainer: 'StandardTrainerAprilUpdate',
    },
  ],
  [
    'GatedAutoEncoder',
    {
      kind: 'gated',
      architecture: 'gated',
      centresInput: true,
      keys: {
        decoder_bias: ['b_dec'],
        r_mag: ['r_mag'],
        gate_bias: ['b_gate'],
        mag_bias: ['b_mag'],
        'encoder.weight': ['W_enc', 'turned'],
        'decoder.weight': ['W_dec', 'turned'],
      },
      trainer: 'GatedSAETrainer',
    },
  ],
  [
    'AutoEncoderTopK',
    {
      kind: 'topk',
      architecture: 'topk',
      centresInput: true,
      keys: { b_dec: ['b_dec'], ...LINEAR },
      buffers: ['k', 'threshold'],
      optional: ['k', 'threshold'],
      trainer: 'TopKTrainer',
    },
  ],
  [
    'BatchTopKSAE',
    {
      kind: 'jumprelu',
      architecture: 'batchtopk',
      centresInput: true,
      keys: { b_dec: ['b_dec'], ...LINEAR },
      buffers: ['k', 'threshold'],
      trainer: 'BatchTopKTrainer',
    },
  ],
  [
    'MatryoshkaBatchTopKSAE',
    {
      kind: 'jumprelu',
      architecture: 'matryoshka',
      centresInput: true,
      keys: PLAIN,
      buffers: ['k', 'threshold', 'group_sizes'],
      trainer: 'MatryoshkaBatchTopKTrainer',
    },
  ],
  [
    'JumpReluAutoEncoder',
    {
      kind: 'jumprelu',
      architecture: 'jumprelu',
      centresInput: false,
      keys: { ...PLAIN, threshold: ['threshold'] },
      trainer: 'JumpReluTrainer',
    },
  ],
]);

/** Names of the classes that are read. */
export const DICT_CLASSES = [...CLASSES.keys()];
