// Coordinates in which the vectors of a tap are changed (METHODS 8): neurons, directions, the features of an SAE.
//
//   h' = (1 - s) * enc(base) + s * enc(source), decoded;  s [size] in 0..1, the same for every vector
//
// All decoders here are linear, so that h' = start + sum_j s_j (enc(source) - enc(base))_j row_j with start =
// dec(enc(base)), or base itself where nothing is lost or what is lost is added back.

/** Vectors in a basis, as it keeps them: made once, interchanged often. */
export interface Coded {
  /** [n][d] */
  readonly x: Float32Array;
}

export interface Basis<C extends Coded = Coded> {
  /** Width of the vectors. */
  readonly d: number;
  /** Coordinates: values of a mask. */
  readonly size: number;
  /** A mask of zeros leaves vectors as they are. */
  readonly lossless: boolean;
  /** x [n][d] */
  code(x: Float32Array): C;
  /** As many vectors whose coordinates are all 0: the source of an ablation. */
  zero(like: C): C;
  /** Of pairs with as many vectors each, one pair after the other. */
  between(bases: readonly C[], sources: readonly C[]): Interchange;
  dispose(): void;
}

/** Bases and sources between which coordinates are interchanged. */
export interface Interchange {
  /** h' [n][d] for a mask [size]. */
  patched(mask: Float32Array): Float32Array;
  /** Adds to `into` [size] the gradient by the mask, from that by h', [n][d]. */
  addMaskGradient(gradient: Float32Array, into: Float64Array): void;
}

/** Vectors of several inputs, one after the other. */
export function joined(codes: readonly Coded[]): Float32Array {
  const out = new Float32Array(codes.reduce((n, { x }) => n + x.length, 0));
  let at = 0;
  for (const { x } of codes) {
    out.set(x, at);
    at += x.length;
  }
  return out;
}
