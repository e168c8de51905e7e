// Some vectors of a source, evenly spaced over it: neighbours come from one picture.
import { matrixVectors } from './matrix.js';
import type { VectorSource } from './types.js';

/** Row of the source that the i-th of `most` is, of `all`. */
export const evenRow = (i: number, most: number, all: number): number => Math.floor((i * all) / most);

export interface RowsPart {
  /** [n][d] */
  rows: Float32Array;
  /** Which of those asked for the first of them is. */
  first: number;
}

/** At most `most` rows in order, `size` at a time, a shard's at most. Shards that none is of are not read. */
export async function* evenParts(
  source: VectorSource,
  most: number,
  size = Number.POSITIVE_INFINITY,
): AsyncGenerator<RowsPart> {
  const { d, count: all } = source;
  const n = Math.min(most, all);
  let before = 0;
  let done = 0;
  for (let shard = 0; shard < source.shards.length && done < n; shard++) {
    const end = before + source.shards[shard];
    let own = done;
    while (own < n && evenRow(own, n, all) < end) own++;
    if (own > done) {
      const rows = chosen(await source.load(shard), source, { done, own, n, before });
      for (let at = 0; at < own - done; at += size)
        yield { rows: rows.subarray(at * d, Math.min(at + size, own - done) * d), first: done + at };
    }
    [before, done] = [end, own];
  }
}

/** Rows `done` .. `own` of n evenly spaced ones, of a shard whose first row is row `before` of the source. */
function chosen(
  x: Float32Array,
  { d, count: all }: VectorSource,
  { done, own, n, before }: { done: number; own: number; n: number; before: number },
): Float32Array {
  if (n === all) return x;
  const out = new Float32Array((own - done) * d);
  for (let i = done; i < own; i++) {
    const row = evenRow(i, n, all) - before;
    out.set(x.subarray(row * d, (row + 1) * d), (i - done) * d);
  }
  return out;
}

/** At most `most` rows, [n][d]. */
export async function evenRows(source: VectorSource, most: number): Promise<Float32Array> {
  const out = new Float32Array(Math.min(most, source.count) * source.d);
  for await (const { rows, first } of evenParts(source, most)) out.set(rows, first * source.d);
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
