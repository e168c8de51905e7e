// Vectors that several threads read: all of a source in one memory that they share, loaded once and copied for nobody.
import { canShare } from '../core/shared-module.js';
import type { VectorSource } from './types.js';

/** Larger sources are read shard by shard by each thread. */
const MOST_BYTES = 512 * 2 ** 20;

/** The same vectors; in shared memory where there is such, and they fit. */
export function sharedVectors(source: VectorSource): VectorSource {
  const { d, count, shards } = source;
  const bytes = 4 * d * count;
  if (source.whole || !canShare() || bytes > MOST_BYTES) return source;
  let gathered: Promise<Float32Array> | undefined;
  const whole = (): Promise<Float32Array> => {
    gathered ??= gather(source, new Float32Array(new SharedArrayBuffer(bytes)));
    gathered.catch(() => {
      gathered = undefined; // it may have been mended when it is asked for again
    });
    return gathered;
  };
  return wholeVectors({ d, count, shards, hash: source.hash, split: source.split }, whole);
}

/** A source whose rows, [count][d], `whole` gives. */
export const wholeVectors = (
  source: Omit<VectorSource, 'load' | 'whole'>,
  whole: () => Promise<Float32Array>,
): VectorSource => ({
  ...source,
  whole,
  load: async (shard) => {
    const { d, shards } = source;
    const first = shards.slice(0, shard).reduce((a, b) => a + b, 0);
    return (await whole()).subarray(first * d, (first + shards[shard]) * d);
  },
});

async function gather(source: VectorSource, out: Float32Array): Promise<Float32Array> {
  let at = 0;
  for (let shard = 0; shard < source.shards.length; shard++) {
    const rows = await source.load(shard);
    out.set(rows, at);
    at += rows.length;
  }
  return out;
}
