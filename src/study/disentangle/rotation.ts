// Orthonormal directions as a function of free numbers (DAS, METHODS 8): Cayley's transform of a skew matrix, turned
// on from a fixed rotation Q0, so that all numbers at 0 give Q0.
//
//   whole width   R = (I - A)(I + A)^-1 Q0 = (2N - I) Q0,  N = (I + A)^-1, A skew [d][d]: d(d-1)/2 numbers
//   k dimensions  A = [[0, -B^T], [B, 0]], B [d-k][k], and the first k rows only:
//                 R = U^T Q0,  U = [2M - I; -2 B M],  M = (I + B^T B)^-1 [k][k]
//
// I + A has no pivot below 1 (its symmetric part is I), so that elimination in order is stable; inverses in f64,
// products through the core.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import { UsageError } from '../../core/errors.js';
import { multiply, transposed } from '../../core/matrices.js';
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
  gradient(byRows: Float32Array): Float32Array;
  dispose(): void;
}

/** `size` directions of `d`; all of them: a rotation. UsageError: more than there are. */
export function rotation(engine: Engine, d: number, size: number, seed: number): Rotation {
  if (!Number.isInteger(size) || size < 1 || size > d)
    throw new UsageError(`directions of DAS: a whole number from 1 to the width ${d}, not ${size}`);
  const start = randomRotation(engine.math, new Rng(seed, STREAM), d);
  const core = engine.acquire();
  return size === d ? new WholeRotation(core, d, start) : new Subspace(core, d, size, start);
}

class WholeRotation implements Rotation {
  readonly count: number;
  /** N and its transpose, of the last numbers. */
  #inverse = new Float32Array(0);

  constructor(
    readonly core: Core,
    readonly size: number,
    readonly start: Float32Array,
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
    this.#inverse = Float32Array.from(n);
    const q = new Float32Array(d * d);
    for (let i = 0; i < q.length; i++) q[i] = 2 * n[i] - onDiagonal(i, d);
    return multiply(this.core, q, this.start, d);
  }

  /** By A: -2 N^T G N^T, G = dL/dR Q0^T; each number is A_ij and -A_ji. */
  gradient(byRows: Float32Array): Float32Array {
    const d = this.size;
    const g = multiply(this.core, byRows, transposed(this.start, d), d);
    const back = transposed(this.#inverse, d);
    const by = multiply(this.core, multiply(this.core, back, g, d), back, d);
    const out = new Float32Array(this.count);
    for (let i = 0, at = 0; i < d; i++)
      for (let j = i + 1; j < d; j++, at++) out[at] = -2 * (by[i * d + j] - by[j * d + i]);
    return out;
  }

  dispose(): void {
    this.core.dispose();
  }
}

class Subspace implements Rotation {
  readonly count: number;
  #b = new Float32Array(0);
  #m = new Float32Array(0);

  constructor(
    readonly core: Core,
    readonly d: number,
    readonly size: number,
    readonly start: Float32Array,
  ) {
    this.count = (d - size) * size;
  }

  rows(parameters: Float32Array): Float32Array {
    const { d, size: k } = this;
    const b = parameters.slice(0, this.count);
    const squares = gram(b, k);
    invert(squares, k);
    const m = Float32Array.from(squares);
    [this.#b, this.#m] = [b, m];
    const u = new Float32Array(d * k);
    u.set(squares.map((v, i) => 2 * v - onDiagonal(i, k)));
    u.set(
      multiply(this.core, b, m, k).map((v) => -2 * v),
      k * k,
    );
    return multiply(this.core, transposed(u, k), this.start, d);
  }

  /** G = dL/dU = [G1; G2]: H = 2 G1 - 2 B^T G2, K = -M H M; by B: -2 G2 M + B (K + K^T). */
  gradient(byRows: Float32Array): Float32Array {
    const { d, size: k, core } = this;
    const [b, m] = [this.#b, this.#m];
    const g = multiply(core, this.start, transposed(byRows, d), d);
    const [upper, lower] = [g.subarray(0, k * k), g.subarray(k * k)];
    const h = multiply(core, transposed(b, k), lower, d - k).map((v, i) => 2 * upper[i] - 2 * v);
    const inner = multiply(core, multiply(core, m, h, k), m, k);
    const both = inner.map((v, i) => -v - inner[(i % k) * k + Math.floor(i / k)]);
    const direct = multiply(core, lower, m, k);
    return multiply(core, b, both, k).map((v, i) => v - 2 * direct[i]);
  }

  dispose(): void {
    this.core.dispose();
  }
}

const onDiagonal = (i: number, n: number): number => (i % (n + 1) === 0 ? 1 : 0);

/** I + B^T B of b [n][k]. */
function gram(b: Float32Array, k: number): Float64Array {
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++) out[i * k + i] = 1;
  for (let row = 0; row < b.length; row += k)
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) out[i * k + j] += b[row + i] * b[row + j];
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
