import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_pow_penalty');
const engines = await bothBuilds();

test('sum f^p and its slope agree with f64; the slope at 0 is held', () => {
  const value = randomValues(33, 1).map((v, i) => (i === 4 ? 0 : Math.abs(v)));
  for (const p of [1, 0.7, 0.2]) {
    const floor = 1e-4;
    const flat = onBoth(engines, (g, core) => {
      const [v, df] = [g.f32(value), g.f32(new Float32Array(33).fill(0.5))];
      const sum = core.kernels.f32_pow_penalty({ value: v, df, n: 33, exponent: p, scale: 0.3, floor });
      return Float32Array.from([sum, ...core.f32(df, 33)]);
    });
    const held = Array.from(value, (v) => (p < 1 ? Math.max(v, floor) : v));
    const sum = held.reduce((s, v) => s + v ** p, 0);
    const slopes = held.map((v) => 0.5 + 0.3 * p * (v > 0 ? v ** (p - 1) : 1));
    assert.ok(relativeError(flat, [sum, ...slopes]) < 1e-6, `p ${p}`);
  }
});

test.run();
