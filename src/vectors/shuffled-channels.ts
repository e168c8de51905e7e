// Vectors whose channels know nothing of each other: each channel's values in an order of its own. Every
// neuron keeps its distribution, and what is left of any direction between neurons is chance.
import { Rng } from '../core/random.js';
import type { VectorSource } from './types.js';

/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 47;

/** Shuffled within each shard. */
export function shuffledChannels(source: VectorSource, seed: number): VectorSource {
  const { d } = source;
  return {
    ...{ d, count: source.count, split: source.split, shards: source.shards },
    hash: `${source.hash}:shuffled ${seed}`,
    async load(shard) {
      const x = await source.load(shard);
      const n = source.shards[shard];
      const out = new Float32Array(x.length);
      const rng = new Rng(seed, STREAM + shard);
      const order = Array.from({ length: n }, (_, i) => i);
      for (let j = 0; j < d; j++) {
        rng.shuffle(order);
        for (let i = 0; i < n; i++) out[i * d + j] = x[order[i] * d + j];
      }
      return out;
    },
  };
}
