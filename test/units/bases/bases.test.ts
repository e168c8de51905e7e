// PCA, ICA, eigenvectors and random bases, each on data whose answer is known.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng } from '../../../src/index.js';
import { eigenSymmetric } from '../../../src/units/bases/eigen.js';
import { ica } from '../../../src/units/bases/ica.js';
import { pca } from '../../../src/units/bases/pca.js';
import { randomDirections, randomRotation } from '../../../src/vectors/random-directions.js';

const test = suite('units/bases');
const engine = await init();
const { math } = engine;

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
const row = <T extends Float32Array | Float64Array>(m: T, i: number, d: number): T =>
  m.subarray(i * d, (i + 1) * d) as T;

/** A v = lambda v and V V^T = I, both against the size of the matrix. */
function assertEigen(a: Float64Array, n: number, where = ''): void {
  const { values, vectors } = eigenSymmetric(a, n);
  const size = Math.max(...Array.from(a, Math.abs));
  for (let e = 0; e < n; e++) {
    const v = row(vectors, e, n);
    for (let i = 0; i < n; i++)
      assert.ok(
        Math.abs(dot(row(a, i, n), v) - values[e] * v[i]) < 1e-11 * size,
        `${where} row ${i} of vector ${e}`,
      );
    for (let f = 0; f <= e; f++)
      assert.ok(Math.abs(dot(v, row(vectors, f, n)) - Number(e === f)) < 1e-12, `${where} ${e}.${f}`);
  }
}

test('eigenvectors of a matrix worked by hand', () => {
  const { values, vectors } = eigenSymmetric(Float64Array.of(2, 1, 1, 2), 2);
  assert.ok(Math.abs(values[0] - 3) < 1e-14 && Math.abs(values[1] - 1) < 1e-14, `${values}`);
  const half = Math.SQRT1_2;
  assert.ok(Math.abs(vectors[0] - half) < 1e-14 && Math.abs(vectors[1] - half) < 1e-14, `${vectors}`);
});

test('A v = lambda v and V V^T = I, for a matrix with repeated and zero eigenvalues too', () => {
  const n = 40;
  const rng = new Rng(4);
  const q = randomRotation(math, rng, n);
  const lambda = Array.from({ length: n }, (_, i) => (i < 5 ? 7 : i < 20 ? 20 - i : 0));
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) a[i * n + j] += lambda[k] * q[k * n + i] * q[k * n + j];
  const { values } = eigenSymmetric(a, n);
  const sorted = [...lambda].sort((x, y) => y - x);
  sorted.forEach((v, i) => {
    assert.ok(Math.abs(values[i] - v) < 1e-5, `${i}: ${values[i]} of ${v}`);
  });
  assertEigen(a, n);
});

// Channels that repeat each other leave a null space of rounding errors, where the neighbours of an entry are
// as small as itself: QL did not converge on a constant matrix of 45 to 64 rows.
test('singular matrices of repeated channels have eigenvectors', () => {
  for (const n of [2, 45, 64, 96]) {
    const constant = new Float64Array(n * n).fill(1);
    assertEigen(constant, n, `${n} rows:`);
    assert.ok(Math.abs(eigenSymmetric(constant, n).values[0] - n) < 1e-12 * n, `${n} rows`);
  }
  const [distinct, samples, channels] = [4, 20, 64];
  const x = randomDirections(math, new Rng(5), samples, distinct);
  const gram = new Float64Array(channels * channels);
  for (let i = 0; i < channels; i++)
    for (let j = 0; j < channels; j++)
      for (let s = 0; s < samples; s++)
        gram[i * channels + j] += x[s * distinct + (i % distinct)] * x[s * distinct + (j % distinct)];
  assertEigen(gram, channels);
});

test('a random rotation is orthogonal to f32, another seed another one', () => {
  const d = 96;
  const q = randomRotation(math, new Rng(1), d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++)
      assert.ok(Math.abs(dot(row(q, i, d), row(q, j, d)) - Number(i === j)) < 1e-6, `${i}.${j}`);
  assert.not.equal(randomRotation(math, new Rng(2), d)[0], q[0]);
});

test('random directions have length 1 and no preference', () => {
  const d = 24;
  const count = 4000;
  const x = randomDirections(math, new Rng(9), count, d);
  const mean = new Float64Array(d);
  for (let i = 0; i < count; i++) {
    assert.ok(Math.abs(dot(row(x, i, d), row(x, i, d)) - 1) < 1e-6);
    for (let j = 0; j < d; j++) mean[j] += x[i * d + j] / count;
  }
  // Standard error of a mean: sqrt(1 / 24 / 4000) = .0032.
  for (const v of mean) assert.ok(Math.abs(v) < 0.016, `${v}`);
});

test('PCA finds axes of known variance', () => {
  const rng = new Rng(3);
  const d = 6;
  const n = 20_000;
  const q = randomRotation(math, rng, d);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < d; c++) {
      const s = (d - c) * rng.normal(math);
      for (let j = 0; j < d; j++) x[i * d + j] += s * q[c * d + j];
    }
  for (let i = 0; i < x.length; i++) x[i] += 5;
  const { mean, components, variances } = pca(x, d);
  for (const m of mean) assert.ok(Math.abs(m - 5) < 0.15, `${m}`);
  for (let c = 0; c < d; c++) {
    assert.ok(Math.abs(Math.abs(dot(row(components, c, d), row(q, c, d))) - 1) < 0.01, `axis ${c}`);
    assert.ok(Math.abs(variances[c] / (d - c) ** 2 - 1) < 0.05, `variance ${c}: ${variances[c]}`);
  }
});

test('ICA finds mixed sparse sources, which PCA does not', () => {
  const rng = new Rng(8);
  const d = 12;
  const n = 8000;
  const mixing = randomRotation(math, rng, d);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < d; c++) {
      if (rng.uniform() > 0.1) continue;
      const s = Math.abs(rng.normal(math));
      for (let j = 0; j < d; j++) x[i * d + j] += s * mixing[c * d + j];
    }
  const found = ica(math, x, d, 0);
  assert.ok(found.converged, `${found.iterations} iterations`);
  assert.is(found.components, d);
  const best = (rows: Float64Array, truth: Float32Array): number => {
    let most = 0;
    for (let i = 0; i < d; i++) most = Math.max(most, Math.abs(dot(row(rows, i, d), truth)));
    return most;
  };
  const recovered = (rows: Float64Array) =>
    Array.from({ length: d }, (_, c) => best(rows, row(mixing, c, d))).filter((v) => v >= 0.9).length;
  assert.is(recovered(found.directions), d);
  assert.ok(recovered(pca(x, d).components) <= 2);
});

test('ICA of data of lower rank has as many components as there is variance', () => {
  const rng = new Rng(5);
  const x = new Float32Array(3000 * 4);
  for (let i = 0; i < 3000; i++) {
    const [a, b] = [rng.uniform() ** 4, rng.uniform() ** 4];
    x.set([a, b, a, b], 4 * i);
  }
  assert.is(ica(math, x, 4, 0).components, 2);
});

test.run();
