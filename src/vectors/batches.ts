// A shuffled, endless stream of batches over a VectorSource: a function of (seed, step),
// so that a resumed run continues with the very vectors it would have seen.
//
// An epoch visits the shards in a random order, in groups that fit the buffer; inside a
// group all vectors are permuted. Sources that fit the buffer are permuted as a whole.
import { UsageError } from '../core/errors.js';
import { Rng } from '../core/random.js';
import type { VectorSource } from './types.js';

/** About a million vectors of 480 dimensions. */
const BUFFER_BYTES = 2 * 1024 ** 3;
const BUFFER_VECTORS = 1 << 20;

interface Group {
  shards: number[];
  /** Vectors before this group in its epoch, and in it. */
  first: number;
  count: number;
}

/** UsageError where `vectors` do not fill one batch. */
export function checkBatch(batch: number, vectors: number): void {
  if (vectors < batch)
    throw new UsageError(
      `a batch of ${batch} is larger than the ${vectors} training vectors; use --batch ${vectors} or less, or sample more vectors`,
    );
}

export class Batches {
  #source: VectorSource;
  #batch: number;
  #seed: number;
  #bufferVectors: number;
  #epoch = -1;
  #groups: Group[] = [];
  #loaded: { key: string; rows: Float32Array } | undefined;
  #order: { key: string; permutation: Uint32Array } | undefined;

  constructor(source: VectorSource, batch: number, seed: number, bufferVectors?: number) {
    checkBatch(batch, source.count);
    this.#source = source;
    this.#batch = batch;
    this.#seed = seed;
    this.#bufferVectors =
      bufferVectors ?? Math.min(BUFFER_VECTORS, Math.floor(BUFFER_BYTES / (4 * source.d)));
  }

  /** Of each vector. */
  get d(): number {
    return this.#source.d;
  }

  /**
   * Calls `part(i, rows, places)` for the batch of step `step` (from 0), some of its vectors at a time: those from the i-th
   * on are rows [n][d] at `places`. Both live until it returns.
   */
  async read(
    step: number,
    part: (i: number, rows: Float32Array, places: Uint32Array) => void,
  ): Promise<void> {
    const { count } = this.#source;
    let at = step * this.#batch;
    for (let i = 0; i < this.#batch; ) {
      const epoch = Math.floor(at / count);
      const group = this.#groupAt(epoch, at - epoch * count);
      const rows = await this.#load(group);
      const inside = at - epoch * count - group.first;
      const n = Math.min(this.#batch - i, group.count - inside);
      part(i, rows, this.#permutation(epoch, group).subarray(inside, inside + n));
      i += n;
      at += n;
    }
  }

  #groupAt(epoch: number, offset: number): Group {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#groups = this.#cut(epoch);
    }
    return this.#groups.find((g) => offset < g.first + g.count)!;
  }

  #cut(epoch: number): Group[] {
    const { shards, count } = this.#source;
    const all = Array.from(shards, (_, i) => i);
    if (count <= this.#bufferVectors) return [{ shards: all, first: 0, count }];
    new Rng(this.#seed, 1_000_000 + epoch).shuffle(all);
    const groups: Group[] = [];
    for (const shard of all) {
      const last = groups.at(-1);
      if (last && last.count + shards[shard] <= this.#bufferVectors) {
        last.shards.push(shard);
        last.count += shards[shard];
      } else
        groups.push({ shards: [shard], first: last ? last.first + last.count : 0, count: shards[shard] });
    }
    return groups;
  }

  async #load(group: Group): Promise<Float32Array> {
    const key = group.shards.join(',');
    if (this.#loaded?.key === key) return this.#loaded.rows;
    this.#loaded = undefined; // one group at a time in memory
    if (this.#source.whole && group.count === this.#source.count) {
      const rows = await this.#source.whole();
      this.#loaded = { key, rows };
      return rows;
    }
    const rows = new Float32Array(group.count * this.#source.d);
    let at = 0;
    for (const shard of group.shards) {
      const part = await this.#source.load(shard);
      rows.set(part, at);
      at += part.length;
    }
    this.#loaded = { key, rows };
    return rows;
  }

  #permutation(epoch: number, group: Group): Uint32Array {
    const key = `${epoch}:${group.first}`;
    if (this.#order?.key !== key) {
      const permutation = new Uint32Array(group.count);
      for (let i = 0; i < group.count; i++) permutation[i] = i; // Uint32Array.from() takes ten times as long
      new Rng(this.#seed, 2 * epoch + 7919 * (group.first + 1)).shuffle(permutation);
      this.#order = { key, permutation };
    }
    return this.#order.permutation;
  }
}
