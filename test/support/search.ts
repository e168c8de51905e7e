// Rows and queries as the kernels of search take them, and what plain products give.
import type { Core } from '../../src/index.js';
import type { Guarded } from './guarded.js';

export interface SearchProblem {
  d: number;
  /** [n][d], n % 32 == 0. */
  rows: Float32Array;
  /** [m][d], m % 8 == 0. */
  queries: Float32Array;
}

/** Operands of the screening kernels, guarded. inverseX is over the query's norm. */
export function screened(g: Guarded, core: Core, { d, rows, queries }: SearchProblem) {
  const [n, m] = [rows.length / d, queries.length / d];
  const codes = g.alloc(n * d, 'codes');
  const [inverseW, bound] = [g.alloc(4 * n, 'inverse'), g.alloc(4 * n, 'bound')];
  core.kernels.i8_quantize_rows({ x: g.f32(rows, 'rows'), n, d, out: codes, inverse: inverseW, bound });
  const [x16, inverseX] = [g.alloc(2 * m * d, 'x16'), g.alloc(4 * m, 'inverseX')];
  core.kernels.i16_quantize_rows({
    ...{ x: g.f32(queries, 'queries'), n: m, d, group: 8, out: x16, inverse: inverseX },
  });
  const scales = core.f32(inverseX, m);
  const norms = Array.from({ length: m }, (_, q) => norm(queries.subarray(q * d, (q + 1) * d)));
  for (let q = 0; q < m; q++) scales[q] /= norms[q];
  return { codes, inverseW, bound, x16, inverseX, norms };
}

export const norm = (v: Float32Array): number => Math.sqrt(v.reduce((s, a) => s + a * a, 0));

/** The product of f32_dots_4: one after the other, in f32. */
export function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum = Math.fround(sum + Math.fround(a[i] * b[i]));
  return sum;
}
