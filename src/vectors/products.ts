// Products of rows with the same columns again and again, through the core's matrix product: one order of
// sums, whatever the chunks.
import type { Core } from '../core/core.js';

export class Products {
  /** Columns. */
  readonly count: number;
  #core: Core;
  #d: number;
  #most: number;
  #packed: number;
  #bias: number;
  #rows: number;
  #out: number;
  #edge: number;

  /** `columns` [count][d], one after the other; `most` rows a call. Memory of `core`, until it is released. */
  constructor(core: Core, columns: Float32Array, d: number, most: number) {
    const n = columns.length / d;
    const panels = Math.ceil(n / 8) * 8;
    this.count = n;
    this.#core = core;
    this.#d = d;
    this.#most = most;
    this.#packed = core.alloc32(panels * d);
    this.#bias = core.alloc32(panels);
    this.#rows = core.alloc32(most * d);
    this.#out = core.alloc32(most * n);
    this.#edge = core.alloc32(most * 8);
    // The kernel's panels: [n/8][d][8], zero beyond n.
    const packed = core.f32(this.#packed, panels * d);
    for (let j = 0; j < n; j++) {
      const base = (j >> 3) * d * 8 + (j & 7);
      for (let k = 0; k < d; k++) packed[base + 8 * k] = columns[j * d + k];
    }
  }

  /** `rows` [m][d], m <= most -> [m][count], a view that lives until the next call. */
  of(rows: Float32Array): Float32Array {
    const core = this.#core;
    const d = this.#d;
    const m = rows.length / d;
    if (m > this.#most) throw new RangeError(`products: ${m} rows, room for ${this.#most}`);
    core.f32(this.#rows, m * d).set(rows);
    core.kernels.f32_gemm_4x8({
      ...{ a: this.#rows, lda: d, packed: this.#packed, bias: this.#bias, c: this.#out, ldc: this.count },
      ...{ m, n: this.count, k: d, edge: this.#edge },
    });
    return core.f32(this.#out, m * this.count);
  }
}
