// Eigenvalues and eigenvectors of a symmetric matrix: Householder's tridiagonal form, then the implicit
// QL method (Bowdler, Martin, Reinsch & Wilkinson 1968, Handbook for Automatic Computation II/3 and II/4).
// f64 and square roots only, in one order: the same bits on every engine.
import { NumericError } from '../../core/errors.js';

export interface Eigen {
  /** [n], largest first. */
  values: Float64Array;
  /** [n][n], row i belongs to values[i]; unit length, its entry of the largest size positive. */
  vectors: Float64Array;
}

/** Steps of QL per eigenvalue; two are usual. */
const MOST_STEPS = 60;

/**
 * What is smaller is zero. The rounding errors of a null space have rounding errors of their own, 2^-52 of
 * their size, and so on down to where squares underflow, lengths are lost and QL turns for ever. The smallest
 * f32 squared is 2^-298.
 */
const NOTHING = 2 ** -480;

const hypot = (a: number, b: number): number => Math.sqrt(a * a + b * b);

/** `matrix` [n][n], symmetric; only read. NumericError where it holds NaN or Inf. */
export function eigenSymmetric(matrix: Float64Array, n: number): Eigen {
  const z = Float64Array.from(matrix);
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  if (!z.every(Number.isFinite))
    throw new NumericError('eigenvectors: the matrix holds NaN or infinite values');
  tridiagonal(z, d, e, n);
  implicitQl(z, d, e, n);
  const order = Array.from(d, (_, i) => i).sort((a, b) => d[b] - d[a] || a - b);
  const vectors = new Float64Array(n * n);
  order.forEach((column, row) => {
    let largest = 0;
    for (let i = 0; i < n; i++)
      if (Math.abs(z[i * n + column]) > Math.abs(largest)) largest = z[i * n + column];
    const sign = largest < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) vectors[row * n + i] = sign * z[i * n + column];
  });
  return { values: Float64Array.from(order, (i) => d[i]), vectors };
}

/** z becomes the orthogonal Q of Q^T A Q = T; d is T's diagonal, e[1..] what lies beside it. */
function tridiagonal(z: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = n - 1; i > 0; i--) {
    const last = i - 1;
    let scale = 0;
    for (let k = 0; k <= last; k++) scale += Math.abs(z[i * n + k]);
    if (last === 0 || scale === 0) {
      e[i] = z[i * n + last];
      d[i] = 0;
      continue;
    }
    let h = 0;
    for (let k = 0; k <= last; k++) {
      z[i * n + k] /= scale;
      h += z[i * n + k] * z[i * n + k];
    }
    const f = z[i * n + last];
    const g = f >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    e[i] = scale * g;
    h -= f * g;
    z[i * n + last] = f - g;
    reflect(z, e, n, i, h);
    d[i] = h;
  }
  d[0] = 0;
  e[0] = 0;
  for (let i = 0; i < n; i++) {
    if (d[i] !== 0)
      for (let j = 0; j < i; j++) {
        let g = 0;
        for (let k = 0; k < i; k++) g += z[i * n + k] * z[k * n + j];
        for (let k = 0; k < i; k++) z[k * n + j] -= g * z[k * n + i];
      }
    d[i] = z[i * n + i];
    z[i * n + i] = 1;
    for (let j = 0; j < i; j++) z[j * n + i] = z[i * n + j] = 0;
  }
}

/** A - v w^T - w v^T for the Householder vector v in row i of z; w is left in e. */
function reflect(z: Float64Array, e: Float64Array, n: number, i: number, h: number): void {
  let sum = 0;
  for (let j = 0; j < i; j++) {
    z[j * n + i] = z[i * n + j] / h;
    let g = 0;
    for (let k = 0; k <= j; k++) g += z[j * n + k] * z[i * n + k];
    for (let k = j + 1; k < i; k++) g += z[k * n + j] * z[i * n + k];
    e[j] = g / h;
    sum += e[j] * z[i * n + j];
  }
  const half = sum / (h + h);
  for (let j = 0; j < i; j++) {
    const f = z[i * n + j];
    const g = e[j] - half * f;
    e[j] = g;
    for (let k = 0; k <= j; k++) z[j * n + k] -= f * e[k] + g * z[i * n + k];
  }
}

function implicitQl(z: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0;
  for (let l = 0; l < n; l++)
    for (let step = 0; ; step++) {
      let m = l;
      // Negligible against its neighbours: adding it changes neither.
      for (; m < n - 1; m++) {
        const size = Math.abs(d[m]) + Math.abs(d[m + 1]);
        if (Math.abs(e[m]) + size === size || Math.abs(e[m]) <= NOTHING) break;
      }
      if (m === l) break;
      if (step === MOST_STEPS) throw new NumericError('eigenvectors: the QL method did not converge');
      rotateUp(z, d, e, n, l, m);
    }
}

/** One implicit QL step on rows l..m. */
function rotateUp(z: Float64Array, d: Float64Array, e: Float64Array, n: number, l: number, m: number): void {
  let g = (d[l + 1] - d[l]) / (2 * e[l]);
  let r = hypot(g, 1);
  g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    r = hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    for (let k = 0; k < n; k++) {
      const upper = z[k * n + i + 1];
      const lower = z[k * n + i];
      z[k * n + i + 1] = s * lower + c * upper;
      z[k * n + i] = c * lower - s * upper;
    }
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}
