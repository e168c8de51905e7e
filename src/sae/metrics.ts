// Metrics of an SAE (METHODS 4.1): global sums, the mean per dimension over the whole set.

import { InputError, UsageError } from '../core/errors.js';
import type { VectorSource } from '../vectors/types.js';
import type { LoadedSae } from './inference.js';
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

export async function evaluateFully(sae: LoadedSae, source: VectorSource): Promise<FullEvaluation> {
  const { dIn, dSae } = sae.config;
  if (source.d !== dIn)
    throw new UsageError(`vectors of ${source.d} dimensions do not fit this SAE of d_in ${dIn}`);
  if (source.count === 0) throw new InputError('no vectors to evaluate on');
  const mean = await columnMeans(source);
  const fired = new Float64Array(dSae);
  let active = 0;
  let error = 0; // sum ||x - xhat||^2
  let spread = 0; // sum ||x - mean||^2
  let norm = 0; // sum ||xhat||^2
  let inner = 0; // sum x . xhat
  let cosine = 0;
  let [ratio, nonzero] = [0, 0];
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    sae.visit(x, source.shards[shard], (first, count, lists, reconstruct) => {
      const entries = lists.start[count];
      for (let i = 0; i < entries; i++) fired[lists.index[i]]++;
      active += entries;
      const { rows, stride } = reconstruct();
      for (let s = 0; s < count; s++) {
        let xx = 0;
        let hh = 0;
        let xh = 0;
        for (let j = 0; j < dIn; j++) {
          const v = x[(first + s) * dIn + j];
          const h = rows[s * stride + j];
          const m = v - mean[j];
          error += (v - h) * (v - h);
          spread += m * m;
          xx += v * v;
          hh += h * h;
          xh += v * h;
        }
        norm += hh;
        inner += xh;
        if (xx > 0) {
          ratio += Math.sqrt(hh / xx);
          nonzero++;
        }
        cosine += xx > 0 && hh > 0 ? xh / Math.sqrt(xx * hh) : xx === hh ? 1 : 0;
      }
    });
  }
  const n = source.count;
  // Constant data has no variance to explain: a perfect reconstruction has FVU 0, any other 1.
  const fvu = spread > 0 ? error / spread : error > 0 ? 1 : 0;
  const dead = fired.reduce((count, f) => count + (f === 0 ? 1 : 0), 0);
  const metrics = {
    l0: active / n,
    fvu,
    explainedVariance: 1 - fvu,
    // E||xhat||^2 / E[x . xhat]; a reconstruction of zero has no scale of its own.
    gamma: inner !== 0 ? norm / inner : 0,
    cosine: cosine / n,
    deadFraction: dead / dSae,
    vectors: n,
  };
  return { metrics, l2Ratio: nonzero ? ratio / nonzero : 0, fired };
}

export async function columnMeans(source: VectorSource): Promise<Float64Array> {
  const mean = new Float64Array(source.d);
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    for (let i = 0; i < x.length; i++) mean[i % source.d] += x[i];
  }
  return mean.map((m) => m / source.count);
}
