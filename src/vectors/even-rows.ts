// Some vectors of a source, evenly spaced over it: neighbours come from one picture.
import { matrixVectors } from './matrix.js';
import type { VectorSource } from './types.js';

/** At most `most` rows, [n][d]. Shards that none is of are not read. */
export async function evenRows(source: VectorSource, most: number): Promise<Float32Array> {
  const { d } = source;
  const n = Math.min(most, source.count);
  const out = new Float32Array(n * d);
  let before = 0;
  let i = 0;
  for (let shard = 0; shard < source.shards.length && i < n; shard++) {
    const x = await source.load(shard);
    for (; i < n; i++) {
      const row = Math.floor((i * source.count) / n) - before;
      if (row >= source.shards[shard]) break;
      out.set(x.subarray(row * d, (row + 1) * d), i * d);
    }
    before += source.shards[shard];
  }
  return out;
}

/** The same as a source, in memory. */
export async function evenSample(source: VectorSource, most: number): Promise<VectorSource> {
  const data = await evenRows(source, most);
  const { d, hash } = source;
  return matrixVectors(
    { label: 'sample', hash: `${hash}:${most}`, shape: [data.length / d, d], data },
    'all',
  );
}
