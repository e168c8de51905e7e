// Vectors in 8 bits in a core's memory, a quarter of f32, and which of them may be nearest to a query. The bound is that
// of i8_quantize_rows, so nothing that belongs among the k nearest is ever left out.
import type { Core } from '../../core/core.js';
import { UsageError } from '../../core/errors.js';
import { lengthOf } from './lengths.js';
import { type Bounds, Shortlist } from './shortlist.js';

/** Rows that are quantised at a time; a multiple of 32. */
const CHUNK = 8192;
const PIECE = 1024;
/** Queries that go over the rows together: their 16-bit panels stay in the second cache. */
const TOGETHER = 256;
/** Rows of the first block, whose products set a threshold; blocks double up to these many. */
const FIRST_BLOCK = 128;
const BLOCK = { one: CHUNK, many: 2048 };
/** Fewer queries go one by one: a panel has eight. */
const FEW = 3;
/** What i8_quantize_rows and i16_quantize_rows are proven for. */
const MAX_WIDTH = 65536;

interface Chunk {
  /** Row of the matrix that its first one is. */
  first: number;
  /** A multiple of 32: zeros without a bound beyond the last. */
  rows: number;
  codes: number;
  inverse: number;
  bound: number;
}

/** Which rows take part: one byte each, 0 for no; all unless given. */
export type Allowed = Uint8Array;

const padTo = (n: number, to: number) => Math.ceil(n / to) * to;

export class ScreenedRows {
  readonly #core: Core;
  readonly #d: number;
  readonly #width: number;
  readonly #chunks: Chunk[] = [];
  readonly #piece: number;

  /** Rows of d values. Memory of `core`, a byte a value, as rows are added. */
  constructor(core: Core, d: number) {
    if (!(d >= 1 && d <= MAX_WIDTH))
      throw new UsageError(`search: vectors of ${d} dimensions; 1 to ${MAX_WIDTH} are searched`);
    this.#core = core;
    this.#d = d;
    this.#width = padTo(d, 16);
    this.#piece = core.alloc32(PIECE * this.#width);
  }

  /** Rows [n][d], of which the first is row `first` of the matrix. */
  add(rows: Float32Array, first: number): void {
    const n = rows.length / this.#d;
    for (let at = 0; at < n; at += CHUNK) this.#addChunk(rows, at, Math.min(CHUNK, n - at), first + at);
  }

  #addChunk(all: Float32Array, at: number, count: number, first: number): void {
    const [core, d, width] = [this.#core, this.#d, this.#width];
    const rows = padTo(count, 32);
    const [codes, inverse, bound] = [core.alloc(rows * width), core.alloc32(rows), core.alloc32(rows)];
    for (let i = 0; i < count; i += PIECE) {
      const n = Math.min(PIECE, count - i);
      const into = core.f32(this.#piece, n * width);
      const from = (r: number) => (at + i + r) * d;
      if (d === width) into.set(all.subarray(from(0), from(n)));
      else for (let r = 0; r < n; r++) into.set(all.subarray(from(r), from(r + 1)), r * width);
      core.kernels.i8_quantize_rows({
        x: this.#piece,
        n,
        d: width,
        out: codes + i * width,
        inverse: inverse + 4 * i,
        bound: bound + 4 * i,
      });
    }
    core.f32(bound, rows).fill(Number.NEGATIVE_INFINITY, count);
    this.#chunks.push({ first, rows, codes, inverse, bound });
  }

  /**
   * Of each query [m][d], finite and not all zeros: rows that may be among its k nearest, with bounds of their products in units of
   * the query's norm. At most k rows are certain to be wanted; the list is short where products differ.
   */
  screen(queries: Float32Array, k: number, allowed?: Allowed): Bounds[] {
    const m = queries.length / this.#d;
    const out: Bounds[] = [];
    for (let at = 0; at < m; at += TOGETHER)
      out.push(
        ...this.#screen(queries.subarray(at * this.#d, Math.min(m, at + TOGETHER) * this.#d), k, allowed),
      );
    return out;
  }

  #screen(queries: Float32Array, k: number, allowed: Allowed | undefined): Bounds[] {
    const [core, d, width] = [this.#core, this.#d, this.#width];
    const m = queries.length / d;
    const mark = core.mark();
    try {
      const padded = padTo(m, 8);
      const x = core.alloc32(padded * width);
      const [x16, inverseX] = [core.alloc(2 * padded * width), core.alloc32(padded)];
      const rows = core.f32(x, padded * width);
      for (let q = 0; q < m; q++) rows.set(queries.subarray(q * d, (q + 1) * d), q * width);
      core.kernels.i16_quantize_rows({ x, n: padded, d: width, group: 8, out: x16, inverse: inverseX });
      const scales = core.f32(inverseX, m);
      for (let q = 0; q < m; q++) scales[q] /= normOf(queries.subarray(q * d, (q + 1) * d));
      const lists = Array.from({ length: m }, () => new Shortlist(k));
      if (m < FEW) for (const [q, list] of lists.entries()) this.#one(q, x16, scales[q], list, allowed);
      else this.#many(lists, x16, inverseX, allowed);
      return lists.map((list) => list.bounds());
    } finally {
      core.release(mark);
    }
  }

  /** One query after the other over all rows: as fast as memory gives them. */
  #one(q: number, x16: number, inverseX: number, list: Shortlist, allowed: Allowed | undefined): void {
    const [core, d] = [this.#core, this.#width];
    const [query, scratch] = [core.alloc(2 * d), core.alloc32(4)];
    const [index, value] = [core.alloc32(BLOCK.one), core.alloc32(BLOCK.one)];
    // From its place in a panel of eight: pairs of columns.
    const panel = core.i32(x16 + (q >> 3) * 16 * d, 4 * d);
    const plain = core.i32(query, d >> 1);
    for (let j = 0; j < plain.length; j++) plain[j] = panel[8 * j + (q & 7)];
    for (const block of this.#blocks(BLOCK.one)) {
      const count = core.kernels.i8_screen_4({
        codes: block.codes,
        inverseW: block.inverse,
        bound: block.bound,
        n: block.rows,
        d,
        query,
        inverseX,
        threshold: roundedDown(list.threshold),
        first: 0,
        index,
        value,
        count: 0,
        scratch,
      });
      if (!count) continue;
      this.#take(list, block, core.i32(index, count), core.f32(value, count), allowed);
    }
  }

  #many(lists: Shortlist[], x16: number, inverseX: number, allowed: Allowed | undefined): void {
    const [core, d] = [this.#core, this.#width];
    const padded = padTo(lists.length, 8);
    const capacity = BLOCK.many;
    const [indices, values] = [core.alloc32(padded * capacity), core.alloc32(padded * capacity)];
    const [counts, thresholds] = [core.alloc32(padded), core.alloc32(padded)];
    const scratch = core.alloc32(16 * d + 32);
    for (const block of this.#blocks(BLOCK.many)) {
      core.i32(counts, padded).fill(0);
      const limits = core.f32(thresholds, padded).fill(Number.POSITIVE_INFINITY);
      for (const [q, list] of lists.entries()) limits[q] = roundedDown(list.threshold);
      core.kernels.i8_screen_4x8({
        x16,
        panelCount: padded >> 3,
        inverseX,
        thresholds,
        codes: block.codes,
        inverseW: block.inverse,
        bound: block.bound,
        n: block.rows,
        d,
        first: 0,
        indices,
        values,
        counts,
        capacity,
        scratch,
      });
      const found = core.i32(counts, padded);
      for (const [q, list] of lists.entries()) {
        const n = found[q];
        if (!n) continue;
        const at = 4 * q * capacity;
        this.#take(list, block, core.i32(indices + at, n), core.f32(values + at, n), allowed);
      }
    }
  }

  #take(
    list: Shortlist,
    block: Chunk,
    index: Int32Array,
    upper: Float32Array,
    allowed: Allowed | undefined,
  ): void {
    const bounds = this.#core.f32(block.bound, block.rows);
    for (let i = 0; i < index.length; i++) {
      const row = block.first + index[i];
      if (!allowed || allowed[row]) list.add(row, upper[i], bounds[index[i]]);
    }
    list.cut();
  }

  /** Rows in blocks that double, so that thresholds stand early. */
  *#blocks(most: number): Generator<Chunk> {
    let size = FIRST_BLOCK;
    for (const chunk of this.#chunks)
      for (let at = 0; at < chunk.rows; ) {
        const rows = Math.min(size, chunk.rows - at);
        yield {
          first: chunk.first + at,
          rows,
          codes: chunk.codes + at * this.#width,
          inverse: chunk.inverse + 4 * at,
          bound: chunk.bound + 4 * at,
        };
        at += rows;
        size = Math.min(most, 2 * size);
      }
  }
}

/** At least the norm of x. */
const normOf = (x: Float32Array): number => lengthOf(x) * (1 + 2 ** -30);

/** An f32 that is not above x. */
const roundedDown = (x: number): number => Math.fround(x - Math.abs(x) * 2 ** -22);
