// What an architecture is to the trainer: how latents are chosen, what the loss adds to
// the squared error, and the recipe it was published with (METHODS 3.1).
import type { Selection } from '../encoder.js';

export interface Hyperparameters {
  dIn: number;
  dSae: number;
  /** Active latents (topk). */
  k: number;
  /** Latents of the auxiliary reconstruction (topk). */
  auxK: number;
  auxCoefficient: number;
  /** Sparsity coefficient (relu), after its ramp. */
  l1: number;
  lr: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Global gradient norm; 0: no clipping. */
  clip: number;
  /** Fractions of the run. */
  lrWarmup: number;
  lrDecay: number;
  l1Warmup: number;
  /** A latent is dead after this many silent vectors. */
  deadAfter: number;
}

export interface Architecture {
  name: string;
  /** Name that SAELens knows it by. */
  saelens: string;
  /** b_dec is subtracted from the input (and W_dec rows have norm 1 during training). */
  centresInput: boolean;
  unitDecoder: boolean;
  /** Squared error divided by that of predicting the batch mean (TopK); otherwise summed over D, mean over the batch. */
  normalisedLoss: boolean;
  /** Norm of the decoder's rows at the start. */
  initialNorm: number;
  selection(h: { k: number }): Selection;
  /** Published values, scaled to this SAE. `given` holds what the user asked for. */
  defaults(size: {
    dIn: number;
    dSae: number;
    steps: number;
    batch: number;
  }): Omit<Hyperparameters, 'dIn' | 'dSae'>;
  /** Which settings the loss reads; others given by the user are refused. */
  uses: ReadonlySet<'k' | 'auxK' | 'auxCoefficient' | 'l1'>;
}
