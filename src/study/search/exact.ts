// Products of some rows with a query in f32, one after the other in order of the columns: what nearest means here. The
// order is that of f32_dots_4 and the same for every build, engine and number of threads.
import type { Core } from '../../core/core.js';
import type { MatrixRows } from '../../vectors/matrix.js';

/** A row of the matrix and its product with a query. */
export interface Neighbour {
  row: number;
  score: number;
}

const PIECE = 1024;
/** Rows further apart are read by themselves. */
const GAP = 8;

/** Higher scores first; of equal ones the lower row. */
export const byScore = (a: Neighbour, b: Neighbour): number => b.score - a.score || a.row - b.row;

export class ExactScores {
  readonly #core: Core;
  readonly #matrix: MatrixRows;
  readonly #d: number;
  readonly #width: number;

  constructor(core: Core, matrix: MatrixRows) {
    this.#core = core;
    this.#matrix = matrix;
    this.#d = matrix.shape[1];
    this.#width = Math.ceil(this.#d / 4) * 4;
  }

  /** The `top` nearest of the given rows, nearest first. Rows of a file are read, neighbouring ones together. */
  async nearest(query: Float32Array, rows: Int32Array, top: number): Promise<Neighbour[]> {
    const sorted = rows.slice().sort();
    let best: Neighbour[] = [];
    for (let at = 0; at < sorted.length; at += PIECE) {
      const some = sorted.subarray(at, at + PIECE);
      const scores = this.#scores(query, await this.#gathered(some));
      best = [...best, ...Array.from(some, (row, i) => ({ row, score: scores[i] }))]
        .sort(byScore)
        .slice(0, top);
    }
    return best;
  }

  async #gathered(rows: Int32Array): Promise<Float32Array> {
    const [d, width] = [this.#d, this.#width];
    const out = new Float32Array(rows.length * width);
    for (let i = 0; i < rows.length; ) {
      let to = i + 1;
      while (to < rows.length && rows[to] - rows[to - 1] <= GAP) to++;
      const part = await this.#matrix.rows(rows[i], rows[to - 1] - rows[i] + 1);
      for (let r = i; r < to; r++) {
        const at = (rows[r] - rows[i]) * d;
        out.set(part.subarray(at, at + d), r * width);
      }
      i = to;
    }
    return out;
  }

  #scores(query: Float32Array, rows: Float32Array): Float32Array {
    const core = this.#core;
    const n = rows.length / this.#width;
    const full = Math.ceil(n / 4) * 4;
    const mark = core.mark();
    try {
      const [at, vector, out] = [
        core.alloc32(full * this.#width),
        core.alloc32(this.#width),
        core.alloc32(full),
      ];
      const index = core.put(Int32Array.from({ length: full }, (_, i) => i));
      core.f32(at, rows.length).set(rows);
      core.f32(vector, this.#d).set(query);
      core.kernels.f32_dots_4({ index, n, rows: at, d: this.#width, vector, out });
      return core.f32(out, n).slice();
    } finally {
      core.release(mark);
    }
  }
}
