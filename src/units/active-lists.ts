// What fires on each document, as lists: a sparse matrix [documents][features], and the same feature by feature.
import { InputError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import type { LoadedSae } from '../sae/inference.js';
import { sharedTensors } from '../sae/shared-tensors.js';
import type { VectorSource } from '../vectors/types.js';
import { type ActiveChunk, type ActivePayload, activeChunk } from './active-tasks.js';

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
/** Documents of a task for another thread. */
const TASK = 8192;

export interface ActiveOptions {
  /** Documents at most, evenly spaced over the source; all unless given. */
  most?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** `pool`: its threads encode, where it has several; the lists are the same. */
export interface ListOptions extends ActiveOptions {
  pool?: Pool;
}

/** InputError: more entries than memory is planned for. The signal's reason where it is aborted. */
export async function activeLists(
  sae: LoadedSae,
  source: VectorSource,
  options: ListOptions = {},
): Promise<ActiveLists> {
  const documents = Math.min(options.most ?? source.count, source.count);
  const start = new Int32Array(documents + 1);
  const entries = new Entries(Math.min(MOST_ENTRIES, documents * (sae.config.k ?? 32)));
  const { pool } = options;
  const chunks =
    pool && pool.width > 1 ? chunksOfThreads(sae, source, options, pool) : chunksHere(sae, source, options);
  let done = 0;
  await chunks(({ counts, index, value }) => {
    entries.add(index, value);
    for (const count of counts) start[done + 1] = start[done++] + count;
  });
  return { documents, features: sae.config.dSae, start, ...entries.lists() };
}

type Chunks = (each: (chunk: ActiveChunk) => void) => Promise<void>;

const chunksHere =
  (sae: LoadedSae, source: VectorSource, options: ActiveOptions): Chunks =>
  (each) =>
    visitDocuments(source, options, CHUNK, (x) => each(activeChunk(sae, x)));

/** Chunks of a shard at a time: what is read ahead of the threads stays bounded. */
const chunksOfThreads =
  (sae: LoadedSae, source: VectorSource, { onProgress, ...options }: ActiveOptions, pool: Pool): Chunks =>
  async (each) => {
    const documents = Math.min(options.most ?? source.count, source.count);
    const { config } = sae;
    const tensors = sharedTensors(sae.tensors);
    // One SAE in its lifetime: threads that hold another's let it go.
    const key = `${source.hash}:${nextKey++}`;
    let done = 0;
    await visitDocuments(source, options, Number.POSITIVE_INFINITY, async (rows) => {
      const parts: Float32Array[] = [];
      for (let at = 0; at < rows.length; at += TASK * source.d)
        parts.push(rows.slice(at, at + TASK * source.d));
      await pool.mapOrdered<Float32Array, ActiveChunk>(
        parts,
        (x) => ({
          name: 'active',
          payload: { config, tensors, key, x } satisfies ActivePayload,
          transfer: [x.buffer],
        }),
        (chunk) => {
          each(chunk);
          done += chunk.counts.length;
          onProgress?.(done, documents);
        },
        { ahead: 1, signal: options.signal },
      );
    });
  };

let nextKey = 0;

/** The same documents, `chunk` at a time (a shard's at most): `x` [n][d], the first of them document `first`. */
export async function visitDocuments(
  source: VectorSource,
  { most = source.count, signal, onProgress }: ActiveOptions,
  chunk: number,
  each: (x: Float32Array, first: number) => void | Promise<void>,
): Promise<void> {
  const { d } = source;
  const documents = Math.min(most, source.count);
  let [done, before] = [0, 0];
  for (let shard = 0; shard < source.shards.length && done < documents; shard++) {
    const rows = chosenRows(await source.load(shard), d, before, done, documents, source.count);
    before += source.shards[shard];
    const n = Math.min(chunk, rows.length / d);
    for (let first = 0; first < rows.length / d; first += n) {
      signal?.throwIfAborted();
      const x = rows.subarray(first * d, (first + n) * d);
      await each(x, done);
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

  add(index: Int32Array, value: Float32Array): void {
    if (this.length + index.length > this.#index.length) this.#grow(this.length + index.length);
    this.#index.set(index, this.length);
    this.#value.set(value, this.length);
    this.length += index.length;
  }

  #grow(least: number): void {
    if (least > MOST_ENTRIES)
      throw new InputError(
        `more than ${MOST_ENTRIES} activations, which is what memory is planned for; look at fewer documents (--most N)`,
      );
    const room = Math.min(MOST_ENTRIES, Math.max(least, 2 * this.length));
    const [index, value] = [new Int32Array(room), new Float32Array(room)];
    index.set(this.#index.subarray(0, this.length));
    value.set(this.#value.subarray(0, this.length));
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
