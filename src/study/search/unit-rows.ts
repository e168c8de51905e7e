// Rows divided by their lengths, so that products are cosines.
import type { Core } from '../../core/core.js';
import type { MatrixRows } from '../../vectors/matrix.js';

/** As `matrix`, every row of length 1 (to an f32's last bits); rows of zeros stay. */
export function unitRows(core: Core, matrix: MatrixRows): MatrixRows {
  const [, d] = matrix.shape;
  return { ...matrix, rows: async (first, n) => unit(core, await matrix.rows(first, n), d) };
}

/** The same of rows in memory, [n][d]. */
export function unit(core: Core, rows: Float32Array, d: number): Float32Array {
  const width = Math.ceil(d / 4) * 4;
  const n = rows.length / d;
  const mark = core.mark();
  try {
    const x = core.alloc32(n * width);
    const into = core.f32(x, n * width);
    for (let r = 0; r < n; r++) into.set(rows.subarray(r * d, (r + 1) * d), r * width);
    core.kernels.f32_row_normalize({ x, n, d: width });
    const out = new Float32Array(n * d);
    for (let r = 0; r < n; r++) out.set(core.f32(x + 4 * r * width, d), r * d);
    return out;
  } finally {
    core.release(mark);
  }
}
