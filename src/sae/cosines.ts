// Cosines between the rows of two matrices, through the core's matrix product.
import type { Engine } from '../core/engine.js';
import { Products } from '../vectors/products.js';
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
    const products = new Products(core, normalised(b, d), d, CHUNK);
    const unit = normalised(a, d);
    for (let first = 0; first < a.count; first += CHUNK) {
      const m = Math.min(CHUNK, a.count - first);
      const values = products.of(unit.subarray(first * d, (first + m) * d));
      // Rounding may leave 1 + 1e-7.
      for (let i = 0; i < values.length; i++) values[i] = Math.max(-1, Math.min(1, values[i]));
      each(first, m, values);
    }
  } finally {
    core.dispose();
  }
}

/** Of each row of `a` the largest cosine with a row of `b`, 0 where all are below; `signed`: of either direction. */
export function largestCosines(engine: Engine, a: Rows, b: Rows, d: number, signed = false): Float32Array {
  const out = new Float32Array(a.count);
  if (!b.count) return out;
  visitCosines(engine, a, b, d, (first, count, values) => {
    for (let i = 0; i < count; i++)
      for (let j = 0; j < b.count; j++) {
        const value = values[i * b.count + j];
        out[first + i] = Math.max(out[first + i], signed ? Math.abs(value) : value);
      }
  });
  return out;
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
