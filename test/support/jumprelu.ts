// List entries for the kernels of JumpReLU, and sums over them per latent.
import { randomValues } from './random.js';

/** Latents, entries. */
export const [F, N] = [6, 50];
export const index = Int32Array.from({ length: N }, (_, i) => (i * 5) % F);
export const theta = randomValues(F, 1).map((v) => Math.abs(v));
/** Entry 7 lies on its threshold. */
export const pre = randomValues(N, 2).map((v, i) => (i === 7 ? theta[index[7]] : v));
export const norms = randomValues(F, 4).map((v) => Math.abs(v) + 0.1);
/** Of the latent of entry i. */
export const norm = (i: number): number => norms[index[i]];
export const entries = Array.from({ length: N }, (_, i) => i);

/** Per latent: `from` and the terms of its entries. */
export function sums(term: (i: number) => number, from = 0): number[] {
  const out = new Array<number>(F).fill(from);
  for (const i of entries) out[index[i]] += term(i);
  return out;
}
