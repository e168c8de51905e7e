// Symbols (METHODS 3): x [D], f >= 0 [F], xhat = f W_dec + b_dec. Everything here is
// in the scale of the original activations: the data scale s is folded on export.

export interface SaeConfig {
  architecture: string; // a key of the registry
  dIn: number;
  dSae: number;
  /** Of kind topk. */
  k?: number;
  /** b_dec is subtracted from the input; absent: as the architecture has it. */
  applyBDecToInput?: boolean;
  /** Each vector is normalised by itself before encoding, and what is decoded is turned back; absent: not. */
  normalizeActivations?: Normalization;
}

/** METHODS 9.1; normalization.ts has the arithmetic. */
export type Normalization = 'layer_norm' | 'constant_norm_rescale';

/** Named tensors of an SAE as SAELens stores them: W_enc [D,F], W_dec [F,D], b_dec [D] and the vectors of its kind (kinds.ts). */
export type SaeTensors = Record<string, { shape: number[]; data: Float32Array }>;

/** A trained SAE in a core's memory, ready to encode and decode. */
export interface Sae {
  readonly config: SaeConfig;
  readonly tensors: SaeTensors;
  /** x [n][D] -> f [n][F], dense. */
  encode(x: Float32Array, n: number): Float32Array;
  /** f [n][F] -> xhat [n][D]; `x`, the vectors that f is of, where the SAE normalises each vector. */
  decode(f: Float32Array, n: number, x?: Float32Array): Float32Array;
  dispose(): void;
}

/** `eval --json`, exactly these keys. */
export interface SaeMetrics {
  l0: number;
  fvu: number;
  explainedVariance: number;
  gamma: number;
  cosine: number;
  deadFraction: number;
  vectors: number;
}

/** One line of progress during training. */
export interface TrainProgress {
  step: number;
  steps: number;
  loss: number;
  l0: number;
  fvu: number;
  gamma: number;
  cosine: number;
  l2Ratio: number;
  /** Latents silent over the dead window. */
  dead: number;
  /** How often latents fired since the point before; bins of density.ts. Logs of older versions lack it. */
  density?: { silent: number; latents: number[] };
  vectorsPerSecond: number;
}
