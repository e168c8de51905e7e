// What fires on each document, as lists: a sparse matrix [documents][features], and the same feature by feature.
import { InputError } from '../core/errors.js';
import type { LoadedSae } from '../sae/inference.js';
import type { VectorSource } from '../vectors/types.js';

export interface ActiveLists {
  documents: number;
  features: number;
  /** [documents + 1]: document s owns the entries start[s] .. start[s + 1], by increasing feature. */
  start: Int32Array;
  /** Features, and their activations, above 0. */
  index: Int32Array;
  value: Float32Array;
}

/** The same entries, those of a feature in a row: by increasing document. */
export interface ByFeature {
  /** [features + 1]. */
  start: Int32Array;
  document: Int32Array;
  value: Float32Array;
}

/** Entries of all lists: 8 bytes each, and as much again by feature. */
const MOST_ENTRIES = 2 ** 27;
const CHUNK = 512;

export interface ActiveOptions {
  /** Documents at most, evenly spaced over the source; all unless given. */
  most?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Sees each block of vectors, [n][d], with what reconstructs them. */
  onBlock?: (x: Float32Array, n: number, reconstruct: () => { rows: Float32Array; stride: number }) => void;
}

/** InputError: more entries than memory is planned for. The signal's reason where it is aborted. */
export async function activeLists(
  sae: LoadedSae,
  source: VectorSource,
  options: ActiveOptions = {},
): Promise<ActiveLists> {
  const documents = Math.min(options.most ?? source.count, source.count);
  const start = new Int32Array(documents + 1);
  const entries = new Entries(Math.min(MOST_ENTRIES, documents * (sae.config.k ?? 32)));
  let done = 0;
  await visitDocuments(source, options, (x, n) => {
    const { dIn } = sae.config;
    sae.visit(x, n, (first, count, lists, reconstruct) => {
      options.onBlock?.(x.subarray(first * dIn, (first + count) * dIn), count, reconstruct);
      for (let s = 0; s < count; s++) {
        for (let i = lists.start[s]; i < lists.start[s + 1]; i++)
          if (lists.value[i] > 0) entries.push(lists.index[i], lists.value[i]);
        start[++done] = entries.length;
      }
    });
  });
  return { documents, features: sae.config.dSae, start, ...entries.lists() };
}

/** The same documents, some at a time: `x` [n][d], the first of them document `first`. */
export async function visitDocuments(
  source: VectorSource,
  { most = source.count, signal, onProgress }: ActiveOptions,
  each: (x: Float32Array, n: number, first: number) => void,
): Promise<void> {
  const { d } = source;
  const documents = Math.min(most, source.count);
  let [done, before] = [0, 0];
  for (let shard = 0; shard < source.shards.length && done < documents; shard++) {
    const rows = chosenRows(await source.load(shard), d, before, done, documents, source.count);
    before += source.shards[shard];
    for (let first = 0; first < rows.length / d; first += CHUNK) {
      signal?.throwIfAborted();
      const x = rows.subarray(first * d, (first + CHUNK) * d);
      each(x, x.length / d, done);
      done += x.length / d;
      onProgress?.(done, documents);
      await new Promise((next) => setTimeout(next, 0)); // Ctrl-C is heard between chunks
    }
  }
}

/** Row of document i in the source. */
export const documentRow = (i: number, documents: number, all: number): number =>
  Math.floor((i * all) / documents);

/** Those rows of a shard, the first of which is row `before` of all, that are among `documents` evenly spaced ones. */
function chosenRows(
  x: Float32Array,
  d: number,
  before: number,
  done: number,
  documents: number,
  all: number,
): Float32Array {
  if (documents === all) return x;
  const rows: number[] = [];
  for (let i = done; i < documents; i++) {
    const row = documentRow(i, documents, all) - before;
    if (row >= x.length / d) break;
    rows.push(row);
  }
  const out = new Float32Array(rows.length * d);
  rows.forEach((row, i) => {
    out.set(x.subarray(row * d, (row + 1) * d), i * d);
  });
  return out;
}

class Entries {
  length = 0;
  #index: Int32Array;
  #value: Float32Array;

  constructor(room: number) {
    this.#index = new Int32Array(room);
    this.#value = new Float32Array(room);
  }

  push(feature: number, value: number): void {
    if (this.length === this.#index.length) this.#grow();
    this.#index[this.length] = feature;
    this.#value[this.length++] = value;
  }

  #grow(): void {
    if (this.length >= MOST_ENTRIES)
      throw new InputError(
        `more than ${MOST_ENTRIES} activations, which is what memory is planned for; look at fewer documents (--most N)`,
      );
    const room = Math.min(MOST_ENTRIES, 2 * this.length + 1024);
    const [index, value] = [new Int32Array(room), new Float32Array(room)];
    index.set(this.#index);
    value.set(this.#value);
    [this.#index, this.#value] = [index, value];
  }

  lists(): { index: Int32Array; value: Float32Array } {
    return { index: this.#index.subarray(0, this.length), value: this.#value.subarray(0, this.length) };
  }
}

export function byFeature({ documents, features, start, index, value }: ActiveLists): ByFeature {
  const first = new Int32Array(features + 1);
  for (const f of index) first[f + 1]++;
  for (let f = 0; f < features; f++) first[f + 1] += first[f];
  const at = first.slice(0, features);
  const document = new Int32Array(index.length);
  const values = new Float32Array(index.length);
  for (let s = 0; s < documents; s++)
    for (let i = start[s]; i < start[s + 1]; i++) {
      const to = at[index[i]]++;
      document[to] = s;
      values[to] = value[i];
    }
  return { start: first, document, value: values };
}

/** Documents on which each feature fires. */
export const firingCounts = ({ start }: ByFeature): Int32Array =>
  Int32Array.from({ length: start.length - 1 }, (_, f) => start[f + 1] - start[f]);
