import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_scale');
const engines = await bothBuilds();

test('scales, in place too', () => {
  const x = randomValues(60, 7);
  const flat = onBoth(engines, (g, core) => {
    const [p, y] = [g.f32(x), g.alloc(240)];
    core.kernels.f32_scale({ x: p, scale: 0.5, y, n: 60 });
    core.kernels.f32_scale({ x: p, scale: -3, y: p, n: 60 });
    return Float32Array.from([...core.f32(y, 60), ...core.f32(p, 60)]);
  });
  assert.equal(flat, Float32Array.from([...x.map((v) => 0.5 * v), ...x.map((v) => -3 * v)]));
});

test.run();
