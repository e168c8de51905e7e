// Independent components: symmetric FastICA with the contrast log cosh (Hyvärinen 1999, "Fast and robust
// fixed-point algorithms for independent component analysis", equations 20 and 22, g = tanh), of data
// whitened by their principal components.
import type { CoreMath } from '../../core/math.js';
import { Rng } from '../../core/random.js';
import { randomRotation } from '../../vectors/random-directions.js';
import { eigenSymmetric } from './eigen.js';
import { pca } from './pca.js';

export interface Ica {
  /** [components][d], unit rows: the mixing directions (columns of A in x = A s), largest variance nowhere special. */
  directions: Float64Array;
  components: number;
  iterations: number;
  /** Whether the last iteration turned no row by more than 1e-4 in cosine. */
  converged: boolean;
}

/** Variance below this share of the largest carries no component. */
const NEGLIGIBLE = 1e-9;
const TOLERANCE = 1e-4;

/** ICA of `x` [n][d], as many components as directions have variance. */
export function ica(math: CoreMath, x: Float32Array, d: number, seed: number, most?: number): Ica {
  const steps = iterate(math, x, d, seed, most);
  let step = steps.next();
  while (!step.done) step = steps.next(update(math, step.value, 0, step.value.m));
  return step.value;
}

/** What an update is of: w [m][m], z [n][m]. */
export interface IcaStep {
  w: Float64Array;
  z: Float64Array;
  m: number;
}

/** The iterations, for whoever computes their updates: each asks for that of all rows of w, [m][m]. */
export function* iterate(
  math: CoreMath,
  x: Float32Array,
  d: number,
  seed: number,
  most = 200,
): Generator<IcaStep, Ica, Float64Array> {
  const { mean, components, variances } = pca(x, d);
  let m = 0;
  while (m < d && variances[m] > NEGLIGIBLE * variances[0] && variances[m] > 0) m++;
  const z = whitened(x, d, mean, components, variances, m);
  let w: Float64Array = Float64Array.from(randomRotation(math, new Rng(seed, 31), m));
  let iterations = 0;
  let converged = m === 0;
  while (!converged && iterations < most) {
    const next = decorrelated(yield { w, z, m }, m);
    converged = smallestTurn(w, next, m) > 1 - TOLERANCE;
    w = next;
    iterations++;
  }
  return { directions: mixing(w, components, variances, d, m), components: m, iterations, converged };
}

/** z [n][m] = (x - mean) E D^-1/2 */
function whitened(
  x: Float32Array,
  d: number,
  mean: Float64Array,
  components: Float64Array,
  variances: Float64Array,
  m: number,
): Float64Array {
  const n = x.length / d;
  const z = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < m; c++) {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += (x[i * d + j] - mean[j]) * components[c * d + j];
      z[i * m + c] = dot / Math.sqrt(variances[c]);
    }
  return z;
}

/**
 * Rows `from` .. `to` of w_i <- E{z g(w_i z)} - E{g'(w_i z)} w_i, each on its own. Four samples at a time: their products are sums of their own, which
 * need not wait for each other, and what is added to `next` is added in the order of the samples.
 */
export function update(math: CoreMath, { w, z, m }: IcaStep, from: number, to: number): Float64Array {
  const n = z.length / m;
  const next = new Float64Array((to - from) * m);
  for (let i = from; i < to; i++) {
    const at = i * m;
    const own = at - from * m;
    let slope = 0;
    let s = 0;
    for (; s + 4 <= n; s += 4) {
      const [at0, at1, at2, at3] = [s * m, (s + 1) * m, (s + 2) * m, (s + 3) * m];
      let [y0, y1, y2, y3] = [0, 0, 0, 0];
      for (let k = 0; k < m; k++) {
        const v = w[at + k];
        y0 += v * z[at0 + k];
        y1 += v * z[at1 + k];
        y2 += v * z[at2 + k];
        y3 += v * z[at3 + k];
      }
      const [g0, g1, g2, g3] = [math.tanh(y0), math.tanh(y1), math.tanh(y2), math.tanh(y3)];
      slope += 1 - g0 * g0;
      slope += 1 - g1 * g1;
      slope += 1 - g2 * g2;
      slope += 1 - g3 * g3;
      for (let k = 0; k < m; k++)
        next[own + k] = next[own + k] + g0 * z[at0 + k] + g1 * z[at1 + k] + g2 * z[at2 + k] + g3 * z[at3 + k];
    }
    for (; s < n; s++) {
      let y = 0;
      for (let k = 0; k < m; k++) y += w[at + k] * z[s * m + k];
      const g = math.tanh(y);
      slope += 1 - g * g;
      for (let k = 0; k < m; k++) next[own + k] += g * z[s * m + k];
    }
    for (let k = 0; k < m; k++) next[own + k] = (next[own + k] - slope * w[at + k]) / n;
  }
  return next;
}

/** (W W^T)^-1/2 W */
function decorrelated(w: Float64Array, m: number): Float64Array {
  const gram = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let j = i; j < m; j++) {
      let dot = 0;
      for (let k = 0; k < m; k++) dot += w[i * m + k] * w[j * m + k];
      gram[i * m + j] = gram[j * m + i] = dot;
    }
  const { values, vectors } = eigenSymmetric(gram, m);
  // E D^-1/2 E^T W, from the right.
  const turned = new Float64Array(m * m);
  for (let e = 0; e < m; e++) {
    for (let i = 0; i < m; i++) {
      const v = vectors[e * m + i];
      for (let k = 0; k < m; k++) turned[e * m + k] += v * w[i * m + k];
    }
    const scale = Math.sqrt(Math.max(values[e], Number.MIN_VALUE));
    for (let k = 0; k < m; k++) turned[e * m + k] /= scale;
  }
  const out = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let e = 0; e < m; e++) {
      const v = vectors[e * m + i];
      for (let k = 0; k < m; k++) out[i * m + k] += v * turned[e * m + k];
    }
  return out;
}

/** Of all rows, the smallest |cos| between before and after. */
function smallestTurn(a: Float64Array, b: Float64Array, m: number): number {
  let smallest = 1;
  for (let i = 0; i < m; i++) {
    let dot = 0;
    for (let k = 0; k < m; k++) dot += a[i * m + k] * b[i * m + k];
    smallest = Math.min(smallest, Math.abs(dot));
  }
  return smallest;
}

/** Columns of A = E D^1/2 W^T as unit rows. */
function mixing(
  w: Float64Array,
  components: Float64Array,
  variances: Float64Array,
  d: number,
  m: number,
): Float64Array {
  const out = new Float64Array(m * d);
  for (let i = 0; i < m; i++) {
    let square = 0;
    for (let j = 0; j < d; j++) {
      let v = 0;
      for (let c = 0; c < m; c++) v += w[i * m + c] * Math.sqrt(variances[c]) * components[c * d + j];
      out[i * d + j] = v;
      square += v * v;
    }
    for (let j = 0; j < d; j++) out[i * d + j] /= Math.sqrt(square);
  }
  return out;
}
