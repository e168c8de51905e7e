// Flags that several commands share, so that one name always means one thing.
import type { Flags } from './flags.js';

export const MODEL_FLAG = {
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'embedded, a pulled name (inceptionv1, googlenet) or a weights file',
    default: 'embedded',
  },
} as const satisfies Flags;

export const TAP_FLAG = {
  tap: { kind: 'text', value: 'TAP', help: 'layer to read, by its Lucid name', default: 'mixed3b_5x5' },
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
    default: 128,
  },
  sample: {
    kind: 'choice',
    of: ['uniform', 'norm'],
    help: 'positions drawn uniformly, or in proportion to the L2 norm of their vector (as Gorton 2024)',
    default: 'norm',
  },
  'exclude-border': { kind: 'switch', help: 'only positions whose receptive field lies inside the image' },
} as const satisfies Flags;

export const TRAIN_FLAGS = {
  arch: { kind: 'text', value: 'A', help: 'architecture of the SAE: relu, topk, ...', default: 'topk' },
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
    default: 16,
  },
  k: { kind: 'integer', value: 'K', help: 'active latents per input (topk and relatives)', min: 0 },
  l1: { kind: 'number', value: 'L', help: 'sparsity coefficient (relu, gated)', min: 0 },
  lr: { kind: 'number', value: 'LR', help: 'learning rate', min: 0 },
  batch: { kind: 'integer', value: 'B', help: 'vectors per step', min: 1, max: 1048576, default: 2048 },
  steps: { kind: 'integer', value: 'N', help: 'training steps', min: 1, default: 1500 },
} as const satisfies Flags;
