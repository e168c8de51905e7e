// What fires on each document, as lists: a sparse matrix [documents][features], and the same feature by feature.
import { InputError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { turns } from '../core/turns.js';
import type { LoadedSae } from '../sae/inference.js';
import { rowsPerTask, throughSae } from '../sae/threads.js';
import { evenParts } from '../vectors/even-rows.js';
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
  { most = source.count, onProgress, ...options }: ListOptions = {},
): Promise<ActiveLists> {
  const documents = Math.min(most, source.count);
  const start = new Int32Array(documents + 1);
  const entries = new Entries(Math.min(MOST_ENTRIES, documents * (sae.config.k ?? 32)));
  const parts = evenParts(source, documents, rowsPerTask(sae.config));
  let done = 0;
  for await (const { result } of throughSae(sae, 'active', parts, documents, options)) {
    entries.add(result.index, result.value);
    for (const count of result.counts) start[done + 1] = start[done++] + count;
    onProgress?.(done, documents);
  }
  return { documents, features: sae.config.dSae, start, ...entries.lists() };
}

/** The same documents, `chunk` at a time (a shard's at most): `x` [n][d], the first of them document `first`. */
export async function visitDocuments(
  source: VectorSource,
  { most = source.count, signal, onProgress }: ActiveOptions,
  chunk: number,
  each: (x: Float32Array, first: number) => void | Promise<void>,
): Promise<void> {
  const documents = Math.min(most, source.count);
  const turn = turns();
  for await (const { rows, first } of evenParts(source, documents, chunk)) {
    signal?.throwIfAborted();
    await each(rows, first);
    onProgress?.(first + rows.length / source.d, documents);
    await turn();
  }
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
