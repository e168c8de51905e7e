// What a run is made with where nobody says otherwise: the one table, from which flags, library and tab read.
import { DEFAULT_PROCEDURAL } from '../images/procedural-set.js';
import { CURVE_DEFAULTS } from '../study/curves/options.js';

/** Controls of the curve study (controls.ts). */
export const CONTROL_KINDS = ['random', 'untrained', 'pca', 'shuffled', 'random-weights'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

export const DEFAULTS = {
  model: 'embedded',
  tap: 'mixed3b_5x5',
  /** Procedural pictures. */
  images: DEFAULT_PROCEDURAL,
  /** Vectors per picture: of the training sample, and of the uniform sample for percentiles and densities. */
  perImage: 128,
  reference: 64,
  sample: 'norm',
  excludeBorder: false,
  seed: 0,
  /** Architecture, width and seeds: by measurement (docs/lab/evidence.md). */
  architecture: 'batchtopk',
  /** Latents per input dimension. */
  expansion: 4,
  batch: 2048,
  steps: 1500,
  /** Steps between checkpoints: some seconds of work; fewer in a tab, which closes without a warning. */
  checkpointEvery: 250,
  checkpointEveryInTab: 100,
  curves: CURVE_DEFAULTS,
  /** Autoencoders of different seeds: as many as a verdict asks for. */
  seeds: 3,
  /** Controls of the curve study: those that cost seconds. */
  controls: ['random', 'untrained', 'pca'],
  /** Orientations of the drawings of a physiology sheet, and of a taxonomy, which asks of all units. */
  sheetOrientations: 36,
  taxonomyOrientations: 24,
  /** How a network is trained (docs/training.md). */
  network: {
    ...{ steps: 1500, batch: 64, lr: 0.002, warmup: 0.05, weightDecay: 0.01, checkpointEvery: 100 },
    /** Shapes, forty of a class. */
    heldOut: 1080,
  },
  /** Procedural pictures of a curve study without a store, which needs them for percentiles alone. */
  curveImages: 100,
} as const;
