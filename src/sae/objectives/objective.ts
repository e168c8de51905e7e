// The loss of an architecture: what the training step asks of it.
import type { Core } from '../../core/core.js';
import type { BlockEncoder, Selection } from '../encoder.js';
import { SPAN } from '../encoding/screening.js';
import type { Gradients } from '../gradients.js';
import type { Hyperparameters } from '../hyperparameters.js';
import { padTo, type SaeParameters } from '../memory.js';
import type { StepEncoders } from '../slices/encoders.js';
import type { Slices } from '../slices/operations.js';

/** Bounds the lists of active latents: a dense SAE is stepped in blocks of samples. */
const MAX_ENTRIES = 1 << 22;

/** Samples of a block of a batch where each may have `most` active latents. */
export const blockOf = (batch: number, most: number): number =>
  Math.min(padTo(batch, 8), Math.max(8, 8 * Math.floor(MAX_ENTRIES / most / 8)));

/** The same where any of F latents may fire: what is screened at once, more would take memory and save nothing. */
export const denseBlock = (batch: number, F: number): number => Math.min(SPAN, blockOf(batch, F));

export interface ObjectiveContext {
  core: Core;
  /** The threads that a step is cut over, and the encoders that they share. */
  slices: Slices;
  encoders: StepEncoders;
  h: Hyperparameters;
  /** How the architecture chooses its active latents. */
  selection: Selection;
  /** b_dec is subtracted from the input. */
  centresInput: boolean;
  parameters: SaeParameters;
  gradients: Gradients;
  /** Vectors per step. */
  batch: number;
}

/** What a step knows before it starts. */
export interface StepState {
  /** From 0; of `steps`. */
  step: number;
  steps: number;
  /** Sparsity coefficient of this step. */
  l1: number;
  /** Latents that count as dead. */
  dead: Int32Array;
  /** d loss / d xhat = scale * (xhat - x) */
  scale: number;
}

export interface BlockLosses {
  /** sum ||x - xhat||^2 over the block */
  squared: number;
  /** sum ||x - xhat||^2 in units of the loss, where it weighs other errors too (prefixes); default `squared` */
  weighted?: number;
  /** Entries > 0. */
  active: number;
  /** Penalties and auxiliary terms, as they stand in the loss. */
  extra: number;
}

export interface Objective {
  /** Samples that `block` takes at most, a multiple of 8. */
  readonly block: number;
  readonly encoder: BlockEncoder;
  /** d loss / d (encoder product) summed over the batch, [F]: the encoder's side of b_dec's gradient needs it. */
  readonly encoderSums: number;
  /** Squared errors of the last block's samples, f32[n], and xhat - x, [n][D]. */
  readonly errors: number;
  readonly residual: number;
  /** Starting values other than those of initial.ts. `rows`: vectors of the data, scaled, [n][d]. */
  start?(rows: Float32Array, seed: number): void;
  begin(state: StepState): void;
  /** Adds the gradients of x [n][D] and counts what fired: i32 fired[F] += . Weight gradients that are not held read its lists until the step is applied. */
  blockGradients(x: number, n: number, state: StepState, fired: number): BlockLosses;
  /** After the last block: gradients of what W_dec is made of. */
  finishGradients?(): void;
  /** A latent was re-initialised (resample.ts): forgets what it was. */
  resampled?(latent: number): void;
  /** At the start, and after each step of the optimiser. */
  constrain?(): void;
  /** Small state beyond parameters and moments; saved with checkpoints, mutated in place. */
  readonly state: Record<string, Float64Array>;
  /** Per-latent vectors that the exported SAE stores and training does not train. */
  exported?(): Record<string, Float32Array>;
}
