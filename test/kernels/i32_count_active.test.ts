import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('i32_count_active');
const engines = await bothBuilds();

test('counts the entries above 0 of each latent', () => {
  const flat = onBoth(engines, (g, core) => {
    const counts = g.i32([1, 0, 0, 0]);
    const value = g.f32([1, 0, -1, 2, 3, Number.NaN]);
    const active = core.kernels.i32_count_active({ index: g.i32([0, 1, 1, 3, 0, 2]), value, n: 6, counts });
    return Float32Array.from([active, ...core.i32(counts, 4)]);
  });
  assert.equal([...flat], [3, 3, 0, 0, 1]);
});

test.run();
