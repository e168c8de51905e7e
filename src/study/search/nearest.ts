// Exact nearest neighbours by product: rows are screened in 8 bits, and what is left is computed again in f32. The result
// is that of computing every product in f32 (exact.ts), whatever the data, the build and the threads.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import { UsageError } from '../../core/errors.js';
import type { Pool } from '../../core/pool.js';
import type { MatrixRows } from '../../vectors/matrix.js';
import { ExactScores, type Neighbour } from './exact.js';
import { type GivenRows, rowsOf } from './given-rows.js';
import { SearchLanes } from './lanes.js';
import { lengthOf } from './lengths.js';
import { type Allowed, ScreenedRows } from './screened-rows.js';
import { type Bounds, Shortlist } from './shortlist.js';

/** Floats that are read of a matrix at a time, about. */
const READ = 2 ** 22;
/** Norms further from 1 are not those of unit vectors, even in f16. */
export const UNIT = 0.01;

/** Lengths of the rows, as they were read. */
export interface Norms {
  least: number;
  largest: number;
  /** How many are further than UNIT from 1. */
  notUnit: number;
}

export interface NearestOptions {
  /** Which rows take part: one byte each, 0 for no; all unless given. */
  allowed?: Allowed;
  /** Of each query a row that is left out, -1 for none: the document that the query is. */
  except?: readonly number[];
}

export interface IndexOptions {
  /** Threads that share the rows; this one alone unless given. Never changes a result. */
  pool?: Pool;
  signal?: AbortSignal;
  /** Rows so far. */
  onRows?: (rows: number) => void;
}

/** The rows of a matrix, ready for queries. dispose() gives the memory back: a byte a value. */
export class NearestIndex {
  readonly rows: number;
  readonly d: number;
  readonly norms: Norms;
  readonly #core: Core;
  readonly #screen: ScreenedRows;
  readonly #exact: ExactScores;
  readonly #lanes: SearchLanes | undefined;

  private constructor(core: Core, matrix: MatrixRows, lanes: SearchLanes | undefined) {
    [this.rows, this.d] = matrix.shape;
    this.norms = { least: Number.POSITIVE_INFINITY, largest: 0, notUnit: 0 };
    this.#core = core;
    this.#screen = new ScreenedRows(core, this.d);
    this.#exact = new ExactScores(core, matrix);
    this.#lanes = lanes;
  }

  /** Reads the matrix once, in pieces. Rows that may be near are read again by each query. InputError: NaN or infinity. */
  static async of(engine: Engine, given: GivenRows, options: IndexOptions = {}): Promise<NearestIndex> {
    const core = engine.acquire();
    const lanes =
      options.pool && options.pool.width > 1
        ? new SearchLanes(options.pool, options.pool.width - 1, given.shape[1])
        : undefined;
    try {
      const matrix = rowsOf(core, given);
      const index = new NearestIndex(core, matrix, lanes);
      await index.#fill(matrix, options);
      return index;
    } catch (error) {
      await lanes?.close();
      core.dispose();
      throw error;
    }
  }

  async #fill(matrix: MatrixRows, { signal, onRows }: IndexOptions): Promise<void> {
    const { rows: n, d } = this;
    const shares = 1 + (this.#lanes?.count ?? 0);
    const step = Math.max(1, Math.min(Math.floor(READ / d), Math.ceil(n / shares)));
    for (let first = 0, i = 0; first < n; first += step, i++) {
      signal?.throwIfAborted();
      const count = Math.min(step, n - first);
      const rows = await matrix.rows(first, count);
      this.#measure(rows);
      const lane = i % shares;
      if (lane) await this.#lanes!.add(lane - 1, rows, first);
      else this.#screen.add(rows, first);
      onRows?.(first + count);
    }
  }

  #measure(rows: Float32Array): void {
    const { d, norms } = this;
    for (let at = 0; at < rows.length; at += d) {
      const norm = lengthOf(rows.subarray(at, at + d));
      norms.least = Math.min(norms.least, norm);
      norms.largest = Math.max(norms.largest, norm);
      if (Math.abs(norm - 1) > UNIT) norms.notUnit++;
    }
  }

  /**
   * The `top` rows with the largest product with each query [m][d], largest first and equal ones by row; fewer where
   * fewer take part. UsageError: another width, not finite, or all zeros.
   */
  async nearest(
    queries: Float32Array,
    top: number,
    { allowed, except }: NearestOptions = {},
  ): Promise<Neighbour[][]> {
    const { d } = this;
    const m = this.#check(queries, top, allowed);
    const k = except?.some((row) => row >= 0) ? top + 1 : top;
    const elsewhere = this.#lanes?.screen(queries, k, allowed);
    // Its failure is told below, where it is waited for.
    elsewhere?.catch(() => {});
    const here = this.#screen.screen(queries, k, allowed);
    const others = (await elsewhere) ?? [];
    const results: Neighbour[][] = [];
    for (let q = 0; q < m; q++) {
      const { rows } = merged(
        here[q],
        others.map((lists) => lists[q]),
        k,
      );
      const found = await this.#exact.nearest(queries.subarray(q * d, (q + 1) * d), rows, k);
      results.push(found.filter(({ row }) => row !== except?.[q]).slice(0, top));
    }
    return results;
  }

  #check(queries: Float32Array, top: number, allowed: Allowed | undefined): number {
    const { d, rows } = this;
    const m = queries.length / d;
    if (!Number.isInteger(m) || m < 1)
      throw new UsageError(`search: ${queries.length} values are not queries of ${d} dimensions`);
    if (!Number.isSafeInteger(top) || top < 1)
      throw new UsageError(`search: the number of results must be 1 or more, not ${top}`);
    if (allowed && allowed.length !== rows)
      throw new UsageError(`search: a filter of ${allowed.length} rows does not fit ${rows}`);
    for (let q = 0; q < m; q++) {
      const query = queries.subarray(q * d, (q + 1) * d);
      if (!query.every(Number.isFinite)) throw new UsageError(`search: query ${q} holds NaN or infinity`);
      if (query.every((v) => v === 0))
        throw new UsageError(
          `search: query ${q} is all zeros, to which nothing is nearer than anything else`,
        );
    }
    return m;
  }

  dispose(): void {
    void this.#lanes?.close();
    this.#core.dispose();
  }
}

function merged(here: Bounds, others: readonly Bounds[], k: number): Bounds {
  if (!others.length) return here;
  const list = new Shortlist(k);
  for (const bounds of [here, ...others]) list.merge(bounds);
  return list.bounds();
}
