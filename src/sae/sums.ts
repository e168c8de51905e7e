// The measures of METHODS 4.1 as what they are ratios of: sums over vectors. The log of a run takes
// them over the steps between two points, an evaluation over its set: never a mean of ratios.

export interface Sums {
  vectors: number;
  /** Latents > 0. */
  active: number;
  /** ||x - xhat||^2 */
  squared: number;
  /** ||x - mean||^2, the mean that of the whole set */
  spread: number;
  /** ||xhat||^2 and x . xhat */
  norm: number;
  inner: number;
  /** cos(x, xhat) */
  cosine: number;
  /** ||xhat|| / ||x|| over vectors that are not zero, and how many these are */
  ratio: number;
  nonzero: number;
}

export const SUMS = [
  'vectors',
  'active',
  'squared',
  'spread',
  'norm',
  'inner',
  'cosine',
  'ratio',
  'nonzero',
] as const satisfies (keyof Sums)[];

export const noSums = (): Sums => ({
  ...{ vectors: 0, active: 0, squared: 0, spread: 0 },
  ...{ norm: 0, inner: 0, cosine: 0, ratio: 0, nonzero: 0 },
});

/** Adds one vector by ||x||^2, x . xhat and ||xhat||^2. */
export function addSimilarity(s: Sums, xx: number, xh: number, hh: number): void {
  s.norm += hh;
  s.inner += xh;
  s.cosine += xx > 0 && hh > 0 ? xh / Math.sqrt(xx * hh) : xx === hh ? 1 : 0;
  if (!(xx > 0)) return;
  s.ratio += Math.sqrt(hh / xx);
  s.nonzero++;
}

/** Adds vectors whose residuals r = xhat - x are known, by ||x||^2, r . x and ||r||^2 of each. */
export function addResiduals(s: Sums, xx: Float32Array, rx: Float32Array, rr: Float32Array): void {
  // In locals: numbers in an object are written to memory at each of them.
  let { norm, inner, cosine, ratio, nonzero } = s;
  for (let i = 0; i < xx.length; i++) {
    const x = xx[i];
    const xh = x + rx[i];
    const hh = Math.max(0, rr[i] + 2 * rx[i] + x);
    norm += hh;
    inner += xh;
    cosine += x > 0 && hh > 0 ? xh / Math.sqrt(x * hh) : x === hh ? 1 : 0;
    if (!(x > 0)) continue;
    ratio += Math.sqrt(hh / x);
    nonzero++;
  }
  Object.assign(s, { norm, inner, cosine, ratio, nonzero });
}

export interface Measures {
  l0: number;
  /** Of vectors without spread: 0 where they are reconstructed exactly, otherwise 1, as by the mean of others. */
  fvu: number;
  /** E||xhat||^2 / E[x . xhat]; 0 where the reconstruction is zero and has no scale of its own */
  gamma: number;
  cosine: number;
  l2Ratio: number;
}

export const measures = (s: Sums): Measures => ({
  l0: s.active / s.vectors,
  fvu: s.spread > 0 ? s.squared / s.spread : s.squared > 0 ? 1 : 0,
  gamma: s.inner !== 0 ? s.norm / s.inner : 0,
  cosine: s.cosine / s.vectors,
  l2Ratio: s.nonzero ? s.ratio / s.nonzero : 0,
});
