import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_pow_sum');
const engines = await bothBuilds();

test('sum f^p agrees with f64; values below the floor count as the floor', () => {
  const value = randomValues(33, 1).map((v, i) => (i === 4 ? 0 : Math.abs(v)));
  for (const exponent of [1, 0.7, 0.2]) {
    const floor = 1e-4;
    const [sum] = onBoth(engines, (g, core) =>
      Float32Array.of(core.kernels.f32_pow_sum({ value: g.f32(value), n: 33, exponent, floor })),
    );
    const exact = Array.from(value).reduce((s, v) => s + Math.max(v, floor) ** exponent, 0);
    assert.ok(Math.abs(sum / exact - 1) < 1e-6, `p ${exponent}`);
  }
});

test.run();
