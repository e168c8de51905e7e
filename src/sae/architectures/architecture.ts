// What an architecture is to the trainer: its parameters, how latents are chosen, its
// objective, and the recipe it was published with (METHODS 3.1).
import type { Selection } from '../encoder.js';
import type { Kind } from '../kinds.js';
import type { ParameterSpec } from '../memory.js';
import type { Objective, ObjectiveContext } from '../objectives/objective.js';

/** Settings of an architecture's loss; which of them it reads is `Architecture.uses`. */
export interface Settings {
  /** Active latents per input (topk and relatives). */
  k: number;
  /** Latents of the auxiliary reconstruction, and its weight. */
  auxK: number;
  auxCoefficient: number;
  /** Latents of a second, less sparse reconstruction weighted 1/8 (topk); 0: none. */
  multiK: number;
  /** Sparsity coefficient lambda, after its ramp. */
  l1: number;
  /** Exponent at the end of the annealing (panneal). */
  pEnd: number;
  /** Form of the sparsity loss (jumprelu), its bandwidth, the thresholds at the start. */
  penalty: 'tanh' | 'step' | 'quadratic';
  bandwidth: number;
  threshold: number;
  /** L0 that the quadratic penalty aims at (jumprelu). */
  targetL0: number;
  /** Ends of the nested prefixes of latents, the last one d_sae (matryoshka). */
  groups: readonly number[];
  /** Largest norm of a decoder row's part outside the archetypes' hull (archetypal). */
  delta: number;
}

export interface Schedule {
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
  /** Weight of the past in the running average of the weights that is exported; 0: none. */
  ema: number;
  /** Steps between re-initialisations of dead latents; 0: never. */
  resample: number;
}

export interface Hyperparameters extends Schedule, Partial<Settings> {
  dIn: number;
  dSae: number;
}

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

export interface RunSize {
  dIn: number;
  dSae: number;
  steps: number;
  batch: number;
}

/** What most recipes share. */
export const schedule = ({ steps, batch }: RunSize): Omit<Schedule, 'lr'> => ({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clip: 1,
  lrWarmup: 0,
  lrDecay: 0.2,
  l1Warmup: 0,
  // 10 million in Gao et al.; never more than a tenth of the run, or nothing would be revived.
  deadAfter: Math.min(10_000_000, Math.ceil((steps * batch) / 10)),
  ema: 0,
  resample: 0,
});
