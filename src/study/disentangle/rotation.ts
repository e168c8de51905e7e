// Orthonormal directions as a function of free numbers (DAS, METHODS 8): Cayley's transform of a skew matrix, turned
// on from a fixed rotation Q0, so that all numbers at 0 give Q0.
//
//   whole width   R = (I - A)(I + A)^-1 Q0 = (2N - I) Q0,  N = (I + A)^-1, A skew [d][d]: d(d-1)/2 numbers
//   k dimensions  A = [[0, -B^T], [B, 0]], B [d-k][k], and the first k rows only:
//                 R = U^T Q0,  U = [2M - I; -2 B M],  M = (I + B^T B)^-1 [k][k]
//
// I + A has no pivot below 1 (its symmetric part is I), so that elimination in order is stable; inverses in f64.
import { UsageError } from '../../core/errors.js';
import type { CoreMath } from '../../core/math.js';
import { Rng } from '../../core/random.js';
import { randomRotation } from '../../vectors/random-directions.js';

/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 61;

export interface Rotation {
  /** Directions. */
  readonly size: number;
  /** How many free numbers. */
  readonly count: number;
  /** R [size][d]. */
  rows(parameters: Float32Array): Float32Array;
  /** The gradient by the numbers that rows() was called with last, from that by R. */
  gradient(byRows: Float32Array): Float64Array;
}

/** `size` directions of `d`; all of them: a rotation. UsageError: more than there are. */
export function rotation(math: CoreMath, d: number, size: number, seed: number): Rotation {
  if (!Number.isInteger(size) || size < 1 || size > d)
    throw new UsageError(`directions of DAS: a whole number from 1 to the width ${d}, not ${size}`);
  const start = Float64Array.from(randomRotation(math, new Rng(seed, STREAM), d));
  return size === d ? new WholeRotation(d, start) : new Subspace(d, size, start);
}

class WholeRotation implements Rotation {
  readonly count: number;
  #inverse = new Float64Array(0);

  constructor(
    readonly size: number,
    readonly start: Float64Array,
  ) {
    this.count = (size * (size - 1)) / 2;
  }

  rows(parameters: Float32Array): Float32Array {
    const d = this.size;
    const n = new Float64Array(d * d);
    for (let i = 0, at = 0; i < d; i++) {
      n[i * d + i] = 1;
      for (let j = i + 1; j < d; j++, at++) {
        n[i * d + j] = parameters[at];
        n[j * d + i] = -parameters[at];
      }
    }
    invert(n, d);
    this.#inverse = n;
    const q = n.map((v, i) => 2 * v - (i % (d + 1) === 0 ? 1 : 0));
    return Float32Array.from(product(q, this.start, d, d, d));
  }

  /** By A: -2 N^T G N^T, G = dL/dR Q0^T; each number is A_ij and -A_ji. */
  gradient(byRows: Float32Array): Float64Array {
    const d = this.size;
    const g = product(Float64Array.from(byRows), turned(this.start, d, d), d, d, d);
    const back = turned(this.#inverse, d, d);
    const by = product(product(back, g, d, d, d), back, d, d, d);
    const out = new Float64Array(this.count);
    for (let i = 0, at = 0; i < d; i++)
      for (let j = i + 1; j < d; j++, at++) out[at] = -2 * (by[i * d + j] - by[j * d + i]);
    return out;
  }
}

class Subspace implements Rotation {
  readonly count: number;
  #b = new Float64Array(0);
  #m = new Float64Array(0);

  constructor(
    readonly d: number,
    readonly size: number,
    readonly start: Float64Array,
  ) {
    this.count = (d - size) * size;
  }

  rows(parameters: Float32Array): Float32Array {
    const { d, size: k } = this;
    const b = Float64Array.from(parameters.subarray(0, this.count));
    const m = product(turned(b, d - k, k), b, k, d - k, k);
    for (let i = 0; i < k; i++) m[i * k + i] += 1;
    invert(m, k);
    [this.#b, this.#m] = [b, m];
    const below = product(b, m, d - k, k, k);
    const u = new Float64Array(d * k);
    for (let i = 0; i < k * k; i++) u[i] = 2 * m[i] - (i % (k + 1) === 0 ? 1 : 0);
    for (let i = 0; i < below.length; i++) u[k * k + i] = -2 * below[i];
    return Float32Array.from(product(turned(u, d, k), this.start, k, d, d));
  }

  /** G = dL/dU = [G1; G2]: H = 2 G1 - 2 B^T G2, K = -M H M; by B: -2 G2 M + B (K + K^T). */
  gradient(byRows: Float32Array): Float64Array {
    const { d, size: k } = this;
    const [b, m] = [this.#b, this.#m];
    const g = product(this.start, turned(Float64Array.from(byRows), k, d), d, d, k);
    const [upper, lower] = [g.subarray(0, k * k), g.subarray(k * k)];
    const h = product(turned(b, d - k, k), lower, k, d - k, k).map((v, i) => 2 * upper[i] - 2 * v);
    const inner = product(product(m, h, k, k, k), m, k, k, k);
    const both = inner.map((v, i) => -v - inner[(i % k) * k + Math.floor(i / k)]);
    const direct = product(lower, m, d - k, k, k);
    return product(b, both, d - k, k, k).map((v, i) => v - 2 * direct[i]);
  }
}

/** a [m][k] b [k][n], f64, in order of k. */
function product(
  a: Float64Array,
  b: Float64Array,
  m: number,
  k: number,
  n: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let l = 0; l < k; l++) {
      const v = a[i * k + l];
      if (v === 0) continue;
      const [to, from] = [i * n, l * n];
      for (let j = 0; j < n; j++) out[to + j] += v * b[from + j];
    }
  return out;
}

function turned(a: Float64Array, rows: number, columns: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j];
  return out;
}

/** Gauss-Jordan in place, without exchanges. */
function invert(a: Float64Array, n: number): void {
  for (let p = 0; p < n; p++) {
    const scale = 1 / a[p * n + p];
    a[p * n + p] = 1;
    for (let j = 0; j < n; j++) a[p * n + j] *= scale;
    for (let i = 0; i < n; i++) {
      if (i === p) continue;
      const v = a[i * n + p];
      if (v === 0) continue;
      a[i * n + p] = 0;
      for (let j = 0; j < n; j++) a[i * n + j] -= v * a[p * n + j];
    }
  }
}
