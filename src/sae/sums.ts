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

/** Of n vectors: ||x||^2, x . xhat and ||xhat||^2 of each. */
export interface Similar {
  xx: Float64Array;
  xh: Float64Array;
  hh: Float64Array;
}

export const similarOf = (n: number): Similar => ({
  xx: new Float64Array(n),
  xh: new Float64Array(n),
  hh: new Float64Array(n),
});

/** Adds the first n vectors, in order. */
export function addSimilar(s: Sums, { xx, xh, hh }: Similar, n: number): void {
  // In locals: numbers in an object are written to memory at each of them.
  let { norm, inner, cosine, ratio, nonzero } = s;
  for (let i = 0; i < n; i++) {
    const [x, h] = [xx[i], hh[i]];
    norm += h;
    inner += xh[i];
    cosine += x > 0 && h > 0 ? xh[i] / Math.sqrt(x * h) : x === h ? 1 : 0;
    if (!(x > 0)) continue;
    ratio += Math.sqrt(h / x);
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
