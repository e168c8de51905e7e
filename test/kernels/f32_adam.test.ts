import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_adam');
const engines = await bothBuilds();

test('three steps agree with Adam in f64, with clipping', () => {
  const n = 20;
  const gradients = [1, 2, 3].map((s) => randomValues(n, s));
  const [b1, b2, eps, lr, clip] = [0.9, 0.999, 1e-8, 0.01, 0.5];
  const out = onBoth(engines, (g, core) => {
    const [p, m, v] = [g.f32(randomValues(n, 9)), g.f32(new Float32Array(n)), g.f32(new Float32Array(n))];
    gradients.forEach((gradient, i) => {
      const t = i + 1;
      core.kernels.f32_adam({
        p,
        m,
        v,
        g: g.f32(gradient),
        n,
        scale: clip,
        rate: lr / (1 - b1 ** t),
        correction: 1 / Math.sqrt(1 - b2 ** t),
        b1,
        b2,
        eps,
      });
    });
    return core.f32(p, n);
  });
  const p = Float64Array.from(randomValues(n, 9));
  const [m, v] = [new Float64Array(n), new Float64Array(n)];
  gradients.forEach((gradient, i) => {
    for (let j = 0; j < n; j++) {
      const gj = clip * gradient[j];
      m[j] = b1 * m[j] + (1 - b1) * gj;
      v[j] = b2 * v[j] + (1 - b2) * gj * gj;
      p[j] -= (lr * (m[j] / (1 - b1 ** (i + 1)))) / (Math.sqrt(v[j] / (1 - b2 ** (i + 1))) + eps);
    }
  });
  assert.ok(relativeError(out, p) < 1e-5);
});

test('a zero gradient from the start moves nothing', () => {
  const out = onBoth(engines, (g, core) => {
    const p = g.f32([1, 2, 3, 4]);
    const zero = () => g.f32(new Float32Array(4));
    core.kernels.f32_adam({
      p,
      m: zero(),
      v: zero(),
      g: zero(),
      n: 4,
      scale: 1,
      rate: 0.1,
      correction: 1,
      b1: 0.9,
      b2: 0.999,
      eps: 6.25e-10,
    });
    return core.f32(p, 4);
  });
  assert.equal([...out], [1, 2, 3, 4]);
});

test.run();
