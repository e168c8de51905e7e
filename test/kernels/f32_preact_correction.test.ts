import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { entries, F, index, N, norm, norms, pre, sums, theta } from '../support/jumprelu.js';

const test = suite('f32_preact_correction');
const engines = await bothBuilds();

test('the part of dead latents that is taken back: values and gradients agree with f64', () => {
  const dead = Int32Array.of(1, 0, 0, 1, 1, 0);
  const flat = onBoth(engines, (g, core) => {
    const [dpre, gTheta, gNorm] = [N, F, F].map((size) => g.f32(new Float32Array(size)));
    const sum = core.kernels.f32_preact_correction({
      index: g.i32(index),
      pre: g.f32(pre),
      dpre,
      n: N,
      theta: g.f32(theta),
      norms: g.f32(norms),
      dead: g.i32(dead),
      scale: 0.2,
      gTheta,
      gNorm,
    });
    return Float32Array.from([sum, ...core.f32(dpre, N), ...core.f32(gTheta, F), ...core.f32(gNorm, F)]);
  });
  const excess = (i: number) => (dead[index[i]] ? Math.max(0, pre[i] - theta[index[i]]) : 0);
  const expected = [
    entries.reduce((s, i) => s + 0.2 * excess(i) * norm(i), 0),
    ...entries.map((i) => (excess(i) > 0 ? 0.2 * norm(i) : 0)),
    ...sums((i) => (excess(i) > 0 ? -0.2 * norm(i) : 0)),
    ...sums((i) => 0.2 * excess(i)),
  ];
  assert.ok(relativeError(flat, expected) < 1e-6);
});

test.run();
