// The numbers of a training run: the settings of its loss and its schedule.

/** Settings of an architecture's loss; which of them it reads is `Architecture.uses`. */
export interface Settings {
  /** Active latents per input (topk and relatives); a mean, which may be a fraction, where a batch shares them. */
  k: number;
  /** Share of the run over which k falls to that from `kStart`, by default d_in. */
  kAnneal: number;
  kStart: number;
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
  /** Whether the data's mean is subtracted in training (prepare.ts); absent: auto. */
  centre?: 'auto' | 'on' | 'off';
  /** Longest vector in training, in medians of their norms; longer ones are shortened; absent: none. */
  clipVectors?: number;
  /** b_dec at the start; absent: the geometric median where it is subtracted from the input, otherwise 0. */
  bDecInit?: 'zero' | 'mean' | 'median';
}

export interface Hyperparameters extends Schedule, Partial<Settings> {
  dIn: number;
  dSae: number;
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
