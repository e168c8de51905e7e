// Products of whole matrices, through the core's kernel: one order of sums.
import type { Core } from './core.js';

/** a [m][k] times b [k][n] -> [m][n]. Memory of `core` for the call. */
export function multiply(core: Core, a: Float32Array, b: Float32Array, k: number): Float32Array {
  const m = a.length / k;
  const n = b.length / k;
  const mark = core.mark();
  try {
    const panels = Math.ceil(n / 8) * 8;
    const [from, plain] = [core.put(a), core.put(b)];
    const [packed, bias, c, edge] = [panels * k, panels, m * n, 8 * m].map((size) => core.alloc32(size));
    core.kernels.f32_gemm_pack8({ b: plain, ldb: n, packed, k, n });
    core.kernels.f32_gemm_4x8({ a: from, lda: k, packed, bias, c, ldc: n, m, n, k, edge });
    return core.f32(c, m * n).slice();
  } finally {
    core.release(mark);
  }
}

/** [rows][columns] -> [columns][rows] */
export function transposed(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  const out = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j];
  return out;
}
