// What an architecture is to the trainer: its parameters, how latents are chosen, its
// objective, and the recipe it was published with (METHODS 3.1).
import type { Selection } from '../encoder.js';
import type { Hyperparameters, RunSize, Schedule, Settings } from '../hyperparameters.js';
import type { Kind } from '../kinds.js';
import type { ParameterSpec } from '../memory.js';
import type { Objective, ObjectiveContext } from '../objectives/objective.js';

export interface Architecture {
  name: string;
  /** One line for help texts and tables. */
  summary: string;
  /** What it is once trained, as SAELens names it: which tensors, which encoding. */
  kind: Kind;
  /** b_dec is subtracted from the input. */
  centresInput: boolean;
  /** W_dec rows have norm 1 during training: the gradient along a row is removed, the row renormalised. */
  unitDecoder: boolean;
  /** Squared error divided by that of predicting the batch mean; otherwise summed over D, mean over the batch. */
  normalisedLoss: boolean;
  /** Norm of the decoder's rows at the start. */
  initialNorm: number;
  /** W_dec is made of other parameters, so that no row of it can be re-initialised. */
  derivedDecoder?: true;
  /** Settings that the user may give; others are refused. */
  uses: ReadonlySet<keyof Settings>;
  /** Published values, scaled to this SAE and this run. */
  defaults(size: RunSize, given: Partial<Settings>): Schedule & Partial<Settings>;
  /** Name of the encoder's bias, and trained parameters beyond W_enc, W_dec, b_enc, b_dec. */
  encoderBias?: string;
  extras?(h: Hyperparameters): ParameterSpec[];
  selection(h: Hyperparameters): Selection;
  objective(context: ObjectiveContext): Objective;
}
