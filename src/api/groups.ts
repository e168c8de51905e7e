// Options that several commands share, so that one name always means one thing: as tables, and as
// the types that the library documents.
import { UsageError, unknownName } from '../core/errors.js';
import { CONTROL_KINDS, type ControlKind, DEFAULTS } from '../pipeline/defaults.js';
import { type CurveOptions, checkCurveOptions } from '../study/curves/options.js';
import { ORIENTATIONS } from '../study/physiology/battery.js';
import type { Checked, Options } from './options.js';
import type { ImagesSpec, ModelSpec, OutSpec, VectorsSpec } from './platform.js';

export { SEED_OPTION } from './seed-option.js';

export const MODEL_OPTION = {
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'embedded, trained, a pulled name (inceptionv1, googlenet, gpt2) or a weights file',
    default: DEFAULTS.model,
    object: true,
  },
} as const satisfies Options;

export interface ModelOption {
  /** The network: `'embedded'` unless given, `'trained'`, ... */
  model?: ModelSpec;
}

export const TAP_OPTION = {
  tap: { kind: 'text', value: 'TAP', help: 'layer to read, by its Lucid name', default: DEFAULTS.tap },
} as const satisfies Options;

export interface TapOption {
  /** Layer to read, by its Lucid name; `'mixed3b_5x5'` unless given. */
  tap?: string;
}

export const IMAGES_OPTION = {
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'photographs, or procedural[:N] for N generated images (default procedural)',
    object: true,
  },
} as const satisfies Options;

export interface ImagesOption {
  /** Pictures; 400 generated ones (`'procedural'`) unless given. */
  images?: ImagesSpec;
}

export const SAMPLING_OPTIONS = {
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
} as const satisfies Options;

export interface SamplingOptions {
  /** Vectors sampled per picture, 1 to 65536; 128 unless given. */
  perImage?: number;
  /** Positions drawn uniformly, or in proportion to the L2 norm of their vector (the default). */
  sample?: 'uniform' | 'norm';
  /** Only positions whose receptive field lies inside the picture; false unless given. */
  excludeBorder?: boolean;
}

export const CHECKPOINT_OPTION = {
  'checkpoint-every': {
    kind: 'integer',
    value: 'N',
    help: 'steps between checkpoints',
    min: 1,
    default: DEFAULTS.checkpointEvery,
  },
} as const satisfies Options;

export interface CheckpointOption {
  /** Steps between checkpoints; 250 unless given. Never changes a bit. */
  checkpointEvery?: number;
}

export const CURVE_OPTIONS = {
  radii: {
    kind: 'numbers',
    value: 'R,R,...',
    help: `radii of the curves in pixels (default ${DEFAULTS.curves.radii.join(',')})`,
  },
  'line-width': {
    kind: 'number',
    value: 'W',
    help: 'width of the curves in pixels',
    min: 0.1,
    default: DEFAULTS.curves.lineWidth,
  },
  orientations: {
    kind: 'integer',
    value: 'N',
    help: 'orientations measured; fewer than 720 are interpolated',
    min: 8,
    max: 720,
    default: DEFAULTS.curves.orientations,
  },
  pairing: {
    kind: 'choice',
    of: ['centred', 'lucid'],
    help: "apex on the read unit's receptive field, or on the picture's centre as in the published figures",
    default: DEFAULTS.curves.pairing as 'centred' | 'lucid',
  },
} as const satisfies Options;

/** The stimuli of the curve study (docs/curves.md). */
export interface StimulusOptions {
  /** Radii of the arcs in pixels; 20, 30, 40 and 60 unless given. */
  radii?: number[];
  /** Width of the line in pixels; 2 unless given. */
  lineWidth?: number;
  /** Orientations measured, 8 to 720 over the circle; 720 unless given. */
  orientations?: number;
  /** Apex on the read unit's receptive field (the default), or on the picture's centre. */
  pairing?: 'centred' | 'lucid';
}

/** UsageError where the study cannot be made so. */
export function curveOptions(o: Checked<typeof CURVE_OPTIONS, StimulusOptions>): CurveOptions {
  const { radii = DEFAULTS.curves.radii, lineWidth, orientations, pairing } = o;
  return checkCurveOptions({ radii, lineWidth, orientations, pairing });
}

/** Orientations of a battery of drawings. */
export const drawingOption = <const N extends number>(usual: N) =>
  ({
    orientations: {
      kind: 'integer',
      value: 'N',
      help: 'orientations of the drawings over the circle, a multiple of four',
      min: ORIENTATIONS.least,
      max: ORIENTATIONS.most,
      default: usual,
    },
  }) as const satisfies Options;

/** UsageError where lines cannot have half as many, and colours a quarter. */
export function drawingOrientations(orientations: number): number {
  if (orientations % ORIENTATIONS.multiple)
    throw new UsageError(
      `--orientations must be a multiple of ${ORIENTATIONS.multiple}, not ${orientations}`,
    );
  return orientations;
}

export const CONTROLS_OPTION = {
  controls: {
    kind: 'list',
    value: 'C,...',
    help: 'what chance gives beside the features: random,untrained,pca (default); also random-weights (a network that learnt nothing: as long as activations and curves again), and shuffled where an SAE is trained; or none',
  },
} as const satisfies Options;

export interface ControlsOption {
  /** `'random'`, `'untrained'`, `'pca'` (all three unless given), `'random-weights'`, `'shuffled'` where an SAE is trained; `'none'`. */
  controls?: string | readonly string[];
}

/** UsageError: a control that is unknown, or that cannot be made here. */
export function controlKinds(given: readonly string[] | undefined, trains: boolean): readonly ControlKind[] {
  if (!given) return DEFAULTS.controls;
  const known: readonly ControlKind[] = trains
    ? CONTROL_KINDS
    : CONTROL_KINDS.filter((k) => k !== 'shuffled');
  if (given.length === 1 && given[0] === 'none') return [];
  for (const name of given)
    if (!known.includes(name as ControlKind)) throw unknownName('control', name, [...known, 'none']);
  return known.filter((kind) => given.includes(kind));
}

export const ACTIVATIONS_OPTION = {
  activations: {
    kind: 'text',
    value: 'STORE',
    help: 'activation store, or a matrix: .npy, .npz, .safetensors, .pt, .parquet or .arrow (FILE#NAME where it holds several)',
    required: true,
    object: true,
  },
} as const satisfies Options;

export interface ActivationsOption {
  /** Vectors, [n, d_in]: an activation store, a matrix file, a matrix. */
  activations: VectorsSpec;
}

export interface OutOption {
  /** Folder that is written. */
  out: OutSpec;
}

/** `out` of what makes a store. */
export const STORE_OUT_OPTION = {
  out: {
    kind: 'text',
    value: 'STORE',
    help: 'folder; the store is a folder in it, named by the hash of what makes it',
    required: true,
    object: true,
  },
} as const satisfies Options;
