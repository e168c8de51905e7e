import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
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
      core.kernels.f32_row_norms(g.f32(x), n, d, out);
      return core.f32(out, n);
    }),
    [0, 1, 2, 3, 4].map((i) => Math.sqrt(dot(x, x, i))),
  );
  const zeroed = x.map((v, e) => (Math.floor(e / d) === 2 ? 0 : v));
  close(
    onBoth(engines, (g, core) => {
      const p = g.f32(zeroed);
      core.kernels.f32_row_normalize(p, n, d);
      return core.f32(p, n * d);
    }),
    map((i, j) => (i === 2 ? 0 : zeroed[i * d + j] / Math.sqrt(dot(zeroed, zeroed, i)))),
  );
});

test('projection leaves nothing along unit rows', () => {
  const unit = Float32Array.from(map((i, j) => x[i * d + j] / Math.sqrt(dot(x, x, i))));
  const out = onBoth(engines, (g, core) => {
    const p = g.f32(y);
    core.kernels.f32_row_project(p, g.f32(unit), n, d);
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
      core.kernels.f32_row_combine(g.f32(a), g.f32(x), n, d, out);
      return core.f32(out, d);
    }),
    Array.from({ length: d }, (_, j) => [0, 1, 2, 3, 4].reduce((s, i) => s + a[i] * x[i * d + j], 1)),
  );
  close(
    onBoth(engines, (g, core) => {
      const out = g.f32(y);
      core.kernels.f32_row_axpy(g.f32(a), g.f32(x), n, d, out);
      return core.f32(out, n * d);
    }),
    map((i, j) => y[i * d + j] + a[i] * x[i * d + j]),
  );
});

test('sums of squares keep their digits over many values; squared distances', async () => {
  const core = (await init()).acquire();
  const many = new Float32Array(1 << 20).fill(0.1);
  const ptr = core.put(many);
  const exact = many.length * Math.fround(0.1) ** 2;
  const whole = core.kernels.f32_sum_squares(ptr, many.length, 0);
  assert.ok(Math.abs(whole / exact - 1) < 5e-6);
  // Continued after a multiple of 256: the same bits.
  const half = core.kernels.f32_sum_squares(ptr, 1 << 19, 0);
  assert.is(core.kernels.f32_sum_squares(ptr + (4 << 19), 1 << 19, half), whole);
  const centre = core.put(y.subarray(0, d));
  let expected = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) expected += (x[i * d + j] - y[j]) ** 2;
  assert.ok(Math.abs(core.kernels.f32_squared_distance(core.put(x), centre, n, d) / expected - 1) < 1e-6);
});

test('indexed addition and selection of rows of eight', () => {
  const table = randomValues(6, 4);
  const index = Int32Array.of(5, 0, 3, 3);
  close(
    onBoth(engines, (g, core) => {
      const df = g.f32([1, 2, 3, 4]);
      core.kernels.f32_add_indexed(df, g.i32(index), g.f32(table), 0.5, 4);
      return core.f32(df, 4);
    }),
    [1, 2, 3, 4].map((v, i) => v + 0.5 * table[index[i]]),
  );
  close(
    onBoth(engines, (g, core) => {
      const sums = g.f32([1, 1, 1, 1, 1, 1]);
      core.kernels.f32_sums_by_index(g.i32([5, 0, 5, 2]), g.f32([1, 2, 3, 4]), 4, sums);
      return core.f32(sums, 6);
    }),
    [3, 1, 5, 1, 1, 5],
  );
  const [a, b] = [randomValues(24, 6), randomValues(24, 7)];
  close(
    onBoth(engines, (g, core) => {
      const out = g.alloc(12);
      core.kernels.f32_row_inner(g.f32(a), g.f32(b), 3, 8, out);
      return core.f32(out, 3);
    }),
    [0, 1, 2].map((i) => a.subarray(8 * i, 8 * i + 8).reduce((s, v, j) => s + v * b[8 * i + j], 0)),
  );
  const [rows, row] = [randomValues(24, 5), randomValues(8, 8)];
  close(
    onBoth(engines, (g, core) => {
      const out = g.alloc(96);
      core.kernels.f32_row_subtract(g.f32(rows), g.f32(row), 3, 8, out);
      return core.f32(out, 24);
    }),
    [...rows].map((v, i) => v - row[i % 8]),
  );
});

test.run();
