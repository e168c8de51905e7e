import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_decode');
const engines = await bothBuilds();

test('decoding, residual, squared errors and latent gradients agree with f64', () => {
  for (const d of [4, 8, 12, 36, 96]) {
    const f = 9;
    const start = Int32Array.of(0, 3, 3, 5, 9);
    const n = 4;
    const index = Int32Array.of(0, 4, 8, 1, 2, 0, 3, 5, 7);
    const value = randomValues(9, 1);
    const [wDec, bDec, x] = [randomValues(f * d, 2), randomValues(d, 3), randomValues(n * d, 4)];
    const flat = onBoth(engines, (g, core) => {
      const k = core.kernels;
      const [s, ix, v, w] = [g.i32(start), g.i32(index), g.f32(value), g.f32(wDec)];
      const [xhat, errors, df] = [g.alloc(4 * n * d, 'xhat'), g.alloc(4 * n, 'errors'), g.alloc(36, 'df')];
      k.f32_sae_decode(s, ix, v, n, w, g.f32(bDec), d, xhat);
      k.f32_sae_residual(xhat, g.f32(x), n, d, errors);
      k.f32_sae_latent_grad(s, ix, n, xhat, w, d, df);
      return Float32Array.from([...core.f32(xhat, n * d), ...core.f32(errors, n), ...core.f32(df, 9)]);
    });
    const residual = new Float64Array(n * d);
    const errors = new Float64Array(n);
    const df = new Float64Array(9);
    for (let b = 0; b < n; b++) {
      for (let j = 0; j < d; j++) {
        let r = bDec[j] - x[b * d + j];
        for (let i = start[b]; i < start[b + 1]; i++) r += value[i] * wDec[index[i] * d + j];
        residual[b * d + j] = r;
        errors[b] += r * r;
      }
      for (let i = start[b]; i < start[b + 1]; i++)
        for (let j = 0; j < d; j++) df[i] += residual[b * d + j] * wDec[index[i] * d + j];
    }
    assert.ok(relativeError(flat, [...residual, ...errors, ...df]) < 1e-6, `d ${d}`);
  }
});

test('spans decode on from other rows, and their latent gradients agree with the whole lists’', () => {
  const [d, f, n] = [12, 9, 3];
  const start = Int32Array.of(0, 3, 5, 9);
  const cut = Int32Array.of(2, 3, 6);
  const index = Int32Array.of(0, 4, 8, 1, 2, 0, 3, 5, 7);
  const [value, wDec, bDec] = [randomValues(9, 1), randomValues(f * d, 2), randomValues(d, 3)];
  const both = (spans: boolean) =>
    onBoth(engines, (g, core) => {
      const k = core.kernels;
      const [s, c, ix, v, w, b] = [
        g.i32(start),
        g.i32(cut),
        g.i32(index),
        g.f32(value),
        g.f32(wDec),
        g.f32(bDec),
      ];
      const [first, xhat, df] = [g.alloc(4 * n * d), g.alloc(4 * n * d), g.alloc(36)];
      if (spans) {
        k.f32_sae_decode_spans(s, c, ix, v, n, w, b, 0, d, first);
        k.f32_sae_decode_spans(c, s + 4, ix, v, n, w, first, d, d, xhat);
        k.f32_sae_latent_grad_spans(s, c, ix, n, xhat, w, d, df);
        k.f32_sae_latent_grad_spans(c, s + 4, ix, n, xhat, w, d, df);
      } else {
        k.f32_sae_decode(s, ix, v, n, w, b, d, xhat);
        k.f32_sae_latent_grad(s, ix, n, xhat, w, d, df);
      }
      return Float32Array.from([...core.f32(xhat, n * d), ...core.f32(df, 9)]);
    });
  assert.equal(both(true), both(false), 'the same bits');
});

test('lists scattered to dense rows and picked from dense tiles', () => {
  const [f, n] = [5, 10];
  const lists = Array.from({ length: n }, (_, b) =>
    Array.from({ length: f }, (_, i) => i).filter((i) => (b * 3 + i) % 4 > 1),
  );
  const start = Int32Array.from([0, ...lists.map((_, b) => lists.slice(0, b + 1).flat().length)]);
  const index = Int32Array.from(lists.flat());
  const value = randomValues(index.length, 1);
  const tile = randomValues(16 * f, 2);
  const flat = onBoth(engines, (g, core) => {
    const [s, ix, out, picked] = [g.i32(start), g.i32(index), g.alloc(4 * n * f), g.alloc(4 * index.length)];
    core.kernels.f32_sae_scatter(s, ix, g.f32(value), n, f, out);
    core.kernels.f32_sae_pick_8(s, ix, n, g.f32(tile), f, picked);
    return Float32Array.from([...core.f32(out, n * f), ...core.f32(picked, index.length)]);
  });
  const dense = new Array<number>(n * f).fill(0);
  const picked: number[] = [];
  lists.forEach((list, b) => {
    list.forEach((i, at) => {
      dense[b * f + i] = value[start[b] + at];
      picked.push(tile[(b >> 3) * 8 * f + 8 * i + (b & 7)]);
    });
  });
  assert.equal([...flat], [...dense, ...picked]);
});

test('a running average moves by its rate', () => {
  const [x, y] = [randomValues(12, 1), randomValues(12, 2)];
  const out = onBoth(engines, (g, core) => {
    const q = g.f32(y);
    core.kernels.f32_lerp(g.f32(x), 0.25, q, 12);
    return core.f32(q, 12);
  });
  assert.ok(
    relativeError(
      out,
      Array.from(y, (v, i) => v + 0.25 * (x[i] - v)),
    ) < 1e-6,
  );
});

test('scaling and column sums', () => {
  const x = randomValues(5 * 12, 7);
  const out = onBoth(engines, (g, core) => {
    const p = g.f32(x);
    const sums = g.f32(new Float32Array(12).fill(0.5));
    core.kernels.f32_column_sums(p, 5, 12, sums);
    core.kernels.f32_scale(p, -3, p, 60);
    return Float32Array.from([...core.f32(sums, 12), ...core.f32(p, 60)]);
  });
  const sums = Array.from({ length: 12 }, (_, j) => [0, 1, 2, 3, 4].reduce((s, i) => s + x[i * 12 + j], 0.5));
  assert.ok(relativeError(out, [...sums, ...x.map((v) => -3 * v)]) < 1e-6);
});

test.run();
