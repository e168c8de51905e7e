import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { gelu } from '../support/transformer.js';

const test = suite('f32_gelu');
const engines = await bothBuilds();
const x = Float32Array.from([
  ...randomValues(200, 1).map((v) => 6 * v),
  0,
  1e-30,
  -1e-30,
  40,
  -40,
  1000,
  -1000,
  3,
]);

test('agrees with f64 from end to end, in place too', () => {
  const have = onBoth(engines, (g, core) => {
    const y = g.alloc(4 * x.length, 'y');
    core.kernels.f32_gelu({ x: g.f32(x, 'x'), y, n: x.length });
    const out = core.f32(y, x.length).slice();
    const same = g.f32(x, 'in place');
    core.kernels.f32_gelu({ x: same, y: same, n: x.length });
    assert.equal(core.f32(same, x.length).slice(), out);
    return out;
  });
  // 1 + tanh u loses the digits of its small values in f64 too, far below 0: there the size of x counts.
  x.forEach((v, i) => {
    const want = gelu(v);
    assert.ok(
      Math.abs(have[i] - want) <= 2e-6 * Math.max(Math.abs(want), 1e-4 * Math.abs(v)),
      `${v}: ${have[i]} ${want}`,
    );
  });
});

test('f32_gelu_grad agrees with differences of f64', () => {
  const g = randomValues(x.length, 2);
  const have = onBoth(engines, (guarded, core) => {
    const [px, dx] = [guarded.f32(x, 'x'), guarded.alloc(4 * x.length, 'dx')];
    core.kernels.f32_gelu_grad({ x: px, g: guarded.f32(g, 'g'), dx, n: x.length });
    const out = core.f32(dx, x.length).slice();
    const same = guarded.f32(g, 'in place');
    core.kernels.f32_gelu_grad({ x: px, g: same, dx: same, n: x.length });
    assert.equal(core.f32(same, x.length).slice(), out);
    return out;
  });
  x.forEach((v, i) => {
    const slope = (gelu(v + 1e-5) - gelu(v - 1e-5)) / 2e-5;
    assert.ok(Math.abs(have[i] - g[i] * slope) < 1e-6, `${v}: ${have[i]} ${g[i] * slope}`);
  });
});

test.run();
