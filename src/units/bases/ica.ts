// Independent components: symmetric FastICA with the contrast log cosh (Hyvärinen 1999, "Fast and robust
// fixed-point algorithms for independent component analysis", equations 20 and 22, g = tanh), of data
// whitened by their principal components.
import type { CoreMath } from '../../core/math.js';
import type { Pool } from '../../core/pool.js';
import { Rng } from '../../core/random.js';
import { canShare } from '../../core/shared-module.js';
import { randomRotation } from '../../vectors/random-directions.js';
import { eigenSymmetric } from './eigen.js';
import { type IcaRows, type IcaStep, update } from './ica-update.js';
import { pca } from './pca.js';

export interface Ica {
  /** [components][d], unit rows: the mixing directions (columns of A in x = A s), largest variance nowhere special. */
  directions: Float64Array;
  components: number;
  iterations: number;
  /** Whether the last iteration turned no row by more than 1e-4 in cosine. */
  converged: boolean;
}

/** Rows of a task: the threads end an update within a few milliseconds of each other. */
const ROWS = 4;
/** Multiplications of an update that are worth a word with other threads. */
const WORTH_IT = 2 ** 23;

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

/** The iterations, for whoever computes their updates: each asks for that of all rows of w, [m][m]. */
function* iterate(
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

/** As ica(), on the threads of `pool` where they can read one memory. */
export async function icaOnThreads(
  { math, pool, signal }: { math: CoreMath; pool: Pool; signal?: AbortSignal },
  x: Float32Array,
  d: number,
  seed: number,
): Promise<Ica> {
  if (pool.width < 2 || !canShare() || x.length * d < WORTH_IT) return ica(math, x, d, seed);
  const steps = iterate(math, x, d, seed);
  let shared: Float64Array | undefined;
  let step = steps.next();
  while (!step.done) {
    const { w, z, m } = step.value;
    shared ??= inSharedMemory(z);
    const next = new Float64Array(m * m);
    const tasks = Array.from({ length: Math.ceil(m / ROWS) }, (_, i): IcaRows => {
      const from = i * ROWS;
      return { w, z: shared!, m, from, to: Math.min(from + ROWS, m) };
    });
    await pool.mapOrdered<IcaRows, Float64Array>(
      tasks,
      (payload) => ({ name: 'ica', payload }),
      (rows, i) => next.set(rows, tasks[i].from * m),
      { signal },
    );
    step = steps.next(next);
  }
  return step.value;
}

function inSharedMemory(values: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
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
