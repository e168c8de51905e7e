import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_row');
const engines = await bothBuilds();
const [n, d] = [5, 12];
const x = randomValues(n * d, 1);
const y = randomValues(n * d, 2);
const a = Float32Array.of(0.5, 0, -2, 1, 3);
const dot = (p: Float32Array, q: Float32Array, i: number) => {
  let s = 0;
  for (let j = 0; j < d; j++) s += p[i * d + j] * q[i * d + j];
  return s;
};
const map = (f: (i: number, j: number) => number) =>
  Float64Array.from({ length: n * d }, (_, e) => f(Math.floor(e / d), e % d));
const close = (out: Float32Array, expected: ArrayLike<number>) =>
  assert.ok(relativeError(out, expected) < 1e-6);

test('norms and normalisation; a zero row stays', () => {
  close(
    onBoth(engines, (g, core) => {
      const out = g.alloc(4 * n);
      core.kernels.f32_row_norms({ x: g.f32(x), n, d, norms: out });
      return core.f32(out, n);
    }),
    [0, 1, 2, 3, 4].map((i) => Math.sqrt(dot(x, x, i))),
  );
  const zeroed = x.map((v, e) => (Math.floor(e / d) === 2 ? 0 : v));
  close(
    onBoth(engines, (g, core) => {
      const p = g.f32(zeroed);
      core.kernels.f32_row_normalize({ x: p, n, d });
      return core.f32(p, n * d);
    }),
    map((i, j) => (i === 2 ? 0 : zeroed[i * d + j] / Math.sqrt(dot(zeroed, zeroed, i)))),
  );
});

test('projection leaves nothing along unit rows', () => {
  const unit = Float32Array.from(map((i, j) => x[i * d + j] / Math.sqrt(dot(x, x, i))));
  const out = onBoth(engines, (g, core) => {
    const p = g.f32(y);
    core.kernels.f32_row_project({ g: p, w: g.f32(unit), n, d });
    return core.f32(p, n * d);
  });
  for (let i = 0; i < n; i++) assert.ok(Math.abs(dot(out, unit, i)) < 1e-6);
  close(
    out,
    map((i, j) => y[i * d + j] - dot(y, unit, i) * unit[i * d + j]),
  );
});

test('combination and scaled addition of rows', () => {
  close(
    onBoth(engines, (g, core) => {
      const out = g.f32(new Float32Array(d).fill(1));
      core.kernels.f32_row_combine({ a: g.f32(a), x: g.f32(x), n, d, y: out });
      return core.f32(out, d);
    }),
    Array.from({ length: d }, (_, j) => [0, 1, 2, 3, 4].reduce((s, i) => s + a[i] * x[i * d + j], 1)),
  );
  close(
    onBoth(engines, (g, core) => {
      const out = g.f32(y);
      core.kernels.f32_row_axpy({ a: g.f32(a), x: g.f32(x), n, d, y: out });
      return core.f32(out, n * d);
    }),
    map((i, j) => y[i * d + j] + a[i] * x[i * d + j]),
  );
});

test('products of rows, and a row taken from all', () => {
  const [a, b] = [randomValues(24, 6), randomValues(24, 7)];
  close(
    onBoth(engines, (g, core) => {
      const out = g.alloc(12);
      core.kernels.f32_row_inner({ a: g.f32(a), b: g.f32(b), n: 3, d: 8, out });
      return core.f32(out, 3);
    }),
    [0, 1, 2].map((i) => a.subarray(8 * i, 8 * i + 8).reduce((s, v, j) => s + v * b[8 * i + j], 0)),
  );
  const [rows, row] = [randomValues(24, 5), randomValues(8, 8)];
  close(
    onBoth(engines, (g, core) => {
      const out = g.alloc(96);
      core.kernels.f32_row_subtract({ x: g.f32(rows), row: g.f32(row), n: 3, d: 8, out });
      return core.f32(out, 24);
    }),
    [...rows].map((v, i) => v - row[i % 8]),
  );
});

test.run();
