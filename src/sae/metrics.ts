// Metrics of an SAE (METHODS 4.1): global sums, the mean per dimension over the whole set.

import { InputError, UsageError } from '../core/errors.js';
import { evenParts } from '../vectors/even-rows.js';
import type { VectorSource } from '../vectors/types.js';
import type { LoadedSae } from './inference.js';
import { addSimilar, measures, noSums, type Sums, similarOf } from './sums.js';
import { rowsPerTask, type ThroughOptions, throughSae } from './threads.js';
import type { SaeMetrics } from './types.js';

/** Two passes over the source: the mean, then everything else. f64 sums in the order of the vectors. */
export async function evaluate(
  sae: LoadedSae,
  source: VectorSource,
  options: ThroughOptions = {},
): Promise<SaeMetrics> {
  return (await evaluateFully(sae, source, options)).metrics;
}

/** What else one evaluation knows. */
export interface FullEvaluation {
  metrics: SaeMetrics;
  /** mean ||xhat|| / ||x|| over vectors that are not zero. */
  l2Ratio: number;
  /** Vectors on which each latent fired. */
  fired: Float64Array;
}

export async function evaluateFully(
  sae: LoadedSae,
  source: VectorSource,
  options: ThroughOptions = {},
): Promise<FullEvaluation> {
  const { dIn, dSae } = sae.config;
  if (source.d !== dIn)
    throw new UsageError(`vectors of ${source.d} dimensions do not fit this SAE of d_in ${dIn}`);
  if (source.count === 0) throw new InputError('no vectors to evaluate on');
  const mean = await columnMeans(source);
  const fired = new Float64Array(dSae);
  const sums = noSums();
  const parts = evenParts(source, source.count, rowsPerTask(sae.config));
  for await (const { part, result } of throughSae(sae, 'reconstruct', parts, source.count, options)) {
    for (let f = 0; f < dSae; f++) fired[f] += result.fired[f];
    sums.active += result.active;
    addRows(sums, part.rows, result.xhat, mean);
  }
  sums.vectors = source.count;
  const { l2Ratio, l0, fvu, gamma, cosine } = measures(sums);
  const dead = fired.reduce((count, f) => count + (f === 0 ? 1 : 0), 0);
  const metrics = {
    l0,
    fvu,
    explainedVariance: 1 - fvu,
    gamma,
    cosine,
    deadFraction: dead / dSae,
    vectors: source.count,
  };
  return { metrics, l2Ratio, fired };
}

/** Adds vectors x [n][d] and their reconstructions, `mean` that of the whole set. */
function addRows(sums: Sums, x: Float32Array, xhat: Float32Array, mean: Float64Array): void {
  const d = mean.length;
  const n = x.length / d;
  const similar = similarOf(n);
  let { squared, spread } = sums;
  for (let s = 0; s < n; s++) {
    let xx = 0;
    let hh = 0;
    let xh = 0;
    for (let j = 0; j < d; j++) {
      const v = x[s * d + j];
      const h = xhat[s * d + j];
      const m = v - mean[j];
      squared += (v - h) * (v - h);
      spread += m * m;
      xx += v * v;
      hh += h * h;
      xh += v * h;
    }
    similar.xx[s] = xx;
    similar.xh[s] = xh;
    similar.hh[s] = hh;
  }
  Object.assign(sums, { squared, spread });
  addSimilar(sums, similar, n);
}

export async function columnMeans(source: VectorSource): Promise<Float64Array> {
  const { d, count } = source;
  const mean = new Float64Array(d);
  for await (const { rows } of evenParts(source, count))
    for (let first = 0; first < rows.length; first += d)
      for (let j = 0; j < d; j++) mean[j] += rows[first + j];
  return mean.map((m) => m / count);
}
