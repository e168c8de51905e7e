// What is looked for, and what a picture is made of. All of it is plain data that goes to workers.
import type { Normalization } from '../../sae/types.js';

/** Where on a tap's map: at the unit whose field is centred nearest to the picture's middle, or the mean of all. */
export type Where = 'centre' | 'everywhere';

/** weight * (vector . x + offset) of the tap's vectors x; `normalize`: of each x normalised first (sae/normalization.ts). */
export interface Term {
  weight: number;
  tap: string;
  where: Where;
  /** One channel, */
  channel?: number;
  /** or a direction over all of them. */
  vector?: Float32Array;
  offset?: number;
  /**
   * The tap lies before a ReLU, and x is what that gives. The gradient passes it where x > 0 or where it pushes x up:
   * features fire on few channels, and a direction whose channels are dead would never see them.
   */
  rectify?: true;
  normalize?: Normalization;
}

/** The sum of its terms is to grow; of several pictures their likeness in `diversity.tap` is to shrink. */
export interface Objective {
  terms: Term[];
  diversity?: { tap: string; weight: number };
}

export interface PictureOptions {
  /** Side in pixels. */
  size: number;
  steps: number;
  /** Adam's step. */
  rate: number;
  /** Pictures that are painted together. */
  batch: number;
  seed: number;
  /** Moved, turned and scaled at random in every step. */
  transforms: boolean;
  /** Steps from the first in which dead ReLUs are redirected (Lucid: 16). */
  redirected: number;
}

/** Lucid's (METHODS 6). */
export const PICTURE_DEFAULTS: PictureOptions = {
  ...{ size: 128, steps: 512, rate: 0.05, batch: 1, seed: 0, transforms: true, redirected: 16 },
};

/** Of one picture between two steps: everything that the next one depends on. */
export interface PictureState {
  step: number;
  /** Spectrum, real and imaginary parts, and Adam's two moments of each. */
  tensors: Float32Array[];
  /** Of the transforms. */
  rng: [number, number, number, number];
}

/** A batch between two steps. */
export interface PaintState {
  pictures: PictureState[];
  /** RGB, [size][size][3], 8 bit. */
  rgb: Uint8Array[];
  /** The objective's terms on each picture as it is, without transforms. */
  values: number[];
}
