// The pass over a run's sampled vectors: histograms, and what fires together.

import type { LoadedSae } from '../sae/inference.js';
import type { VectorSource } from '../vectors/types.js';
import { ActiveUnits, firingTogether, type Relatives } from './co-occurrence.js';
import { Histograms } from './histogram.js';
import type { Kind } from './unit.js';

/** Vectors of the reference sample that are visited, evenly from its shards. */
const MOST_VECTORS = 100_000;
/** Active units kept for co-activation, per kind: 24 MB. */
const MOST_ACTIVE = 6_000_000;
const CHUNK = 512;

export interface VectorMeasures {
  vectors: number;
  histograms: Partial<Record<Kind, Histograms>>;
  together: Partial<Record<Kind, { relatives: Relatives; vectors: number }>>;
}

export async function visitVectors(
  source: VectorSource,
  sae: LoadedSae | undefined,
  onProgress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<VectorMeasures> {
  const { d } = source;
  const perShard = Math.ceil(MOST_VECTORS / Math.max(1, source.shards.length));
  const total = source.shards.reduce((n, rows) => n + Math.min(rows, perShard), 0);
  const neurons = { histograms: new Histograms(d), active: new ActiveUnits(MOST_ACTIVE) };
  const features = sae && {
    histograms: new Histograms(sae.config.dSae),
    active: new ActiveUnits(MOST_ACTIVE),
  };
  const positive: number[] = [];
  let done = 0;
  for (let shard = 0; shard < source.shards.length; shard++) {
    const rows = await source.load(shard);
    const n = Math.min(source.shards[shard], perShard);
    for (let first = 0; first < n; first += CHUNK) {
      signal?.throwIfAborted();
      const count = Math.min(CHUNK, n - first);
      const x = rows.subarray(first * d, (first + count) * d);
      for (let i = 0; i < count; i++) {
        positive.length = 0;
        for (let u = 0; u < d; u++)
          if (x[i * d + u] > 0) {
            neurons.histograms.add(u, x[i * d + u]);
            positive.push(u);
          }
        neurons.active.add(positive);
      }
      if (sae && features)
        sae.visit(x, count, (_first, samples, { start, index, value }) => {
          for (let i = 0; i < start[samples]; i++) features.histograms.add(index[i], value[i]);
          for (let s = 0; s < samples; s++) features.active.add(index, start[s], start[s + 1]);
        });
      done += count;
      onProgress(done, total);
      await new Promise((next) => setImmediate(next)); // Ctrl-C is heard between chunks
    }
  }
  const together = (active: ActiveUnits, units: number) => ({
    relatives: firingTogether(active, units, () => signal?.throwIfAborted()),
    vectors: active.vectors,
  });
  return {
    vectors: total,
    histograms: { neurons: neurons.histograms, features: features?.histograms },
    together: {
      neurons: together(neurons.active, d),
      features: features && together(features.active, features.histograms.units),
    },
  };
}
