import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_tanh_penalty');
const engines = await bothBuilds();
const [f, n] = [6, 50];
const index = Int32Array.from({ length: n }, (_, i) => (i * 5) % f);
const theta = randomValues(f, 1).map((v) => Math.abs(v));
const pre = randomValues(n, 2).map((v, i) => (i === 7 ? theta[index[7]] : v));
const norms = randomValues(f, 4).map((v) => Math.abs(v) + 0.1);
const w = (i: number) => norms[index[i]];
const all = Array.from({ length: n }, (_, i) => i);
const sums = (term: (i: number) => number) => {
  const out = new Array<number>(f).fill(0);
  for (const i of all) out[index[i]] += term(i);
  return out;
};

test('the penalty and both gradients agree with f64', () => {
  const value = Array.from(pre, (p, i) => (p > theta[index[i]] ? p : 0));
  const flat = onBoth(engines, (g, core) => {
    const [df, gNorm] = [g.f32(new Float32Array(n)), g.f32(new Float32Array(f))];
    const sum = core.kernels.f32_tanh_penalty({
      index: g.i32(index),
      pre: g.f32(pre),
      df,
      n,
      theta: g.f32(theta),
      norms: g.f32(norms),
      c: 4,
      scale: 0.3,
      gNorm,
    });
    return Float32Array.from([sum, ...core.f32(df, n), ...core.f32(gNorm, f)]);
  });
  const t = (i: number) => Math.tanh(4 * value[i] * w(i));
  const expected = [
    all.reduce((s, i) => s + 0.3 * t(i), 0),
    ...all.map((i) => 0.3 * 4 * w(i) * (1 - t(i) ** 2)),
    ...sums((i) => 0.3 * 4 * value[i] * (1 - t(i) ** 2)),
  ];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
