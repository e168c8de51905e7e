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
