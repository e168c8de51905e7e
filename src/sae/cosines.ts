// Cosines between the rows of two matrices, through the core's matrix product.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { checkAssignmentSize } from './assignment.js';

/** Rows of one matrix product. */
const CHUNK = 256;

export interface Rows {
  count: number;
  /** [count][d]. */
  data: Float32Array;
}

/**
 * cos(a_i, b_j), [a.count][b.count], in [-1, 1]. Rows are normalised in f64 and rounded to
 * f32; a zero row has cosine 0 with everything. UsageError: more than 2^28 cosines.
 */
export function cosines(engine: Engine, a: Rows, b: Rows, d: number): Float32Array {
  checkAssignmentSize(a.count, b.count);
  const out = new Float32Array(a.count * b.count);
  visitCosines(engine, a, b, d, (first, _count, values) => out.set(values, first * b.count));
  return out;
}

/** The same, some rows of `a` at a time: `values` [count][b.count] is a view that lives for the call. */
export function visitCosines(
  engine: Engine,
  a: Rows,
  b: Rows,
  d: number,
  each: (first: number, count: number, values: Float32Array) => void,
): void {
  const core = engine.acquire();
  try {
    const n = b.count;
    const packed = packColumns(core, normalised(b, d), n, d);
    const bias = core.alloc32(Math.ceil(n / 8) * 8);
    const rows = core.alloc32(CHUNK * d);
    const result = core.alloc32(CHUNK * n);
    const edge = core.alloc32(CHUNK * 8);
    const unit = normalised(a, d);
    for (let first = 0; first < a.count; first += CHUNK) {
      const m = Math.min(CHUNK, a.count - first);
      core.f32(rows, m * d).set(unit.subarray(first * d, (first + m) * d));
      core.kernels.f32_gemm_4x8({ a: rows, lda: d, packed, bias, c: result, ldc: n, m, n, k: d, edge });
      const values = core.f32(result, m * n);
      // Rounding may leave 1 + 1e-7.
      for (let i = 0; i < m * n; i++) values[i] = Math.max(-1, Math.min(1, values[i]));
      each(first, m, values);
    }
  } finally {
    core.dispose();
  }
}

/** Rows [n][d] as columns in the kernel's panels [n/8][d][8], zero beyond n. */
function packColumns(core: Core, rows: Float32Array, n: number, d: number): number {
  const size = Math.ceil(n / 8) * 8 * d;
  const ptr = core.alloc32(size);
  const panels = core.f32(ptr, size);
  for (let j = 0; j < n; j++) {
    const base = (j >> 3) * d * 8 + (j & 7);
    for (let k = 0; k < d; k++) panels[base + 8 * k] = rows[j * d + k];
  }
  return ptr;
}

function normalised({ count, data }: Rows, d: number): Float32Array {
  const out = new Float32Array(count * d);
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let k = 0; k < d; k++) square += data[i * d + k] * data[i * d + k];
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = 0; k < d; k++) out[i * d + k] = data[i * d + k] * scale;
  }
  return out;
}
