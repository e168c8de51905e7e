import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../../src/index.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sum_squares');
const engines = await bothBuilds();

test('sums of squares keep their digits over many values', async () => {
  const core = (await init()).acquire();
  const many = new Float32Array(1 << 20).fill(0.1);
  const x = core.put(many);
  const exact = many.length * Math.fround(0.1) ** 2;
  const whole = core.kernels.f32_sum_squares({ x, n: many.length, sum: 0 });
  assert.ok(Math.abs(whole / exact - 1) < 5e-6);
  // Continued after a multiple of 256: the same bits.
  const half = core.kernels.f32_sum_squares({ x, n: 1 << 19, sum: 0 });
  assert.is(core.kernels.f32_sum_squares({ x: x + (4 << 19), n: 1 << 19, sum: half }), whole);
});

test('agrees with f64 and between builds over all tails', () => {
  for (const n of [4, 8, 252, 256, 260, 1028]) {
    const x = randomValues(n, n);
    const [sum] = onBoth(engines, (g, core) =>
      Float32Array.of(core.kernels.f32_sum_squares({ x: g.f32(x), n, sum: 2 })),
    );
    const exact = x.reduce((s, v) => s + v * v, 2);
    assert.ok(Math.abs(sum / exact - 1) < 1e-6, `${n}`);
  }
});

test.run();
