// What a trained SAE is, whatever it was trained by: the four encodings that SAELens knows
// (METHODS 9.1), with the vectors each stores beside W_enc [D,F], W_dec [F,D], b_dec [D].
export const KINDS = {
  /** f = ReLU(pre) */
  standard: ['b_enc'],
  /** f = ReLU(keep_topk(pre, k)) */
  topk: ['b_enc'],
  /** f = 1[c + b_gate > 0] ReLU(exp(r_mag) c + b_mag), c the bias-free product */
  gated: ['b_gate', 'b_mag', 'r_mag'],
  /** f = ReLU(pre) 1[pre > threshold] */
  jumprelu: ['b_enc', 'threshold'],
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof KINDS;

export const isKind = (name: string): name is Kind => Object.hasOwn(KINDS, name);

/** Shapes of exactly the tensors of a kind. */
export function shapesOf(kind: Kind, dIn: number, dSae: number): Record<string, number[]> {
  return {
    W_enc: [dIn, dSae],
    W_dec: [dSae, dIn],
    b_dec: [dIn],
    ...Object.fromEntries(KINDS[kind].map((name) => [name, [dSae]])),
  };
}
