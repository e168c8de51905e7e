import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { entries, F, index, N, norm, norms, pre, sums, theta } from '../support/jumprelu.js';

const test = suite('f32_tanh_penalty');
const engines = await bothBuilds();

test('the penalty and both gradients agree with f64', () => {
  const value = Array.from(pre, (p, i) => (p > theta[index[i]] ? p : 0));
  const flat = onBoth(engines, (g, core) => {
    const [df, gNorm] = [g.f32(new Float32Array(N)), g.f32(new Float32Array(F))];
    const sum = core.kernels.f32_tanh_penalty({
      index: g.i32(index),
      pre: g.f32(pre),
      df,
      n: N,
      theta: g.f32(theta),
      norms: g.f32(norms),
      c: 4,
      scale: 0.3,
      gNorm,
    });
    return Float32Array.from([sum, ...core.f32(df, N), ...core.f32(gNorm, F)]);
  });
  const t = (i: number) => Math.tanh(4 * value[i] * norm(i));
  const expected = [
    entries.reduce((s, i) => s + 0.3 * t(i), 0),
    ...entries.map((i) => 0.3 * 4 * norm(i) * (1 - t(i) ** 2)),
    ...sums((i) => 0.3 * 4 * value[i] * (1 - t(i) ** 2)),
  ];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
