import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_squared_distance');
const engines = await bothBuilds();

test('agrees with f64 and between builds', () => {
  for (const d of [4, 8, 12, 100]) {
    const n = 5;
    const [x, centre] = [randomValues(n * d, 1), randomValues(d, 2)];
    const [sum] = onBoth(engines, (g, core) =>
      Float32Array.of(core.kernels.f32_squared_distance({ x: g.f32(x), centre: g.f32(centre), n, d })),
    );
    const exact = x.reduce((s, v, i) => s + (v - centre[i % d]) ** 2, 0);
    assert.ok(Math.abs(sum / exact - 1) < 1e-6, `d ${d}`);
  }
});

test.run();
