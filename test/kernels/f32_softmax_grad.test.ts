import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { softmax } from '../support/reference.js';

const test = suite('f32_softmax_grad');
const engines = await bothBuilds();

test('agrees with f64 and with finite differences, in place too', () => {
  for (const n of [1, 5, 64, 1008]) {
    const x = randomValues(n, 1).map((v) => 4 * v);
    const y = Float32Array.from(softmax(x));
    const g = randomValues(n, 2);
    const have = onBoth(engines, (guarded, core) => {
      const [py, dx] = [guarded.f32(y, 'probabilities'), guarded.alloc(4 * n, 'result')];
      core.kernels.f32_softmax_grad({ y: py, g: guarded.f32(g, 'gradient'), dx, n });
      const out = core.f32(dx, n).slice();
      const same = guarded.f32(g, 'in place');
      core.kernels.f32_softmax_grad({ y: py, g: same, dx: same, n });
      assert.equal(core.f32(same, n).slice(), out);
      return out;
    });
    const sum = y.reduce((s, v, i) => s + v * g[i], 0);
    if (n > 1)
      assert.ok(
        relativeError(
          have,
          y.map((v, i) => v * (g[i] - sum)),
        ) < 1e-5,
        `${n}`,
      );
    const objective = (by: number) =>
      softmax(Float64Array.from(x, (v, i) => v + (i ? 0 : by))).reduce((s, v, i) => s + v * g[i], 0);
    assert.ok(Math.abs((objective(1e-5) - objective(-1e-5)) / 2e-5 - have[0]) < 1e-6, `${n}`);
  }
});

test.run();
