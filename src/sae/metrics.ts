// Metrics of an SAE (METHODS 4.1): global sums, the mean per dimension over the whole set.

import { InputError, UsageError } from '../core/errors.js';
import { turns } from '../core/turns.js';
import type { VectorSource } from '../vectors/types.js';
import type { LoadedSae } from './inference.js';
import { addSimilarity, measures, noSums } from './sums.js';
import type { SaeMetrics } from './types.js';

/** Two passes over the source: the mean, then everything else. f64 sums in the order of the vectors. */
export async function evaluate(sae: LoadedSae, source: VectorSource): Promise<SaeMetrics> {
  return (await evaluateFully(sae, source)).metrics;
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
  signal?: AbortSignal,
): Promise<FullEvaluation> {
  const { dIn, dSae } = sae.config;
  if (source.d !== dIn)
    throw new UsageError(`vectors of ${source.d} dimensions do not fit this SAE of d_in ${dIn}`);
  if (source.count === 0) throw new InputError('no vectors to evaluate on');
  const mean = await columnMeans(source);
  const turn = turns();
  const fired = new Float64Array(dSae);
  const sums = noSums();
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    sae.visit(x, source.shards[shard], (first, count, lists, reconstruct) => {
      const entries = lists.start[count];
      for (let i = 0; i < entries; i++) fired[lists.index[i]]++;
      sums.active += entries;
      const { rows, stride } = reconstruct();
      for (let s = 0; s < count; s++) {
        let xx = 0;
        let hh = 0;
        let xh = 0;
        for (let j = 0; j < dIn; j++) {
          const v = x[(first + s) * dIn + j];
          const h = rows[s * stride + j];
          const m = v - mean[j];
          sums.squared += (v - h) * (v - h);
          sums.spread += m * m;
          xx += v * v;
          hh += h * h;
          xh += v * h;
        }
        addSimilarity(sums, xx, xh, hh);
      }
    });
    await turn();
    signal?.throwIfAborted();
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

export async function columnMeans(source: VectorSource): Promise<Float64Array> {
  const mean = new Float64Array(source.d);
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    for (let i = 0; i < x.length; i++) mean[i % source.d] += x[i];
  }
  return mean.map((m) => m / source.count);
}
