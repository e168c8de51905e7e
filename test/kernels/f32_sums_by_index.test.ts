import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_sums_by_index');
const engines = await bothBuilds();

test('adds values at their index, entries in order', () => {
  const out = onBoth(engines, (g, core) => {
    const sums = g.f32([1, 1, 1, 1, 1, 1]);
    core.kernels.f32_sums_by_index({ index: g.i32([5, 0, 5, 2]), value: g.f32([1, 2, 3, 4]), n: 4, sums });
    return core.f32(sums, 6);
  });
  assert.equal([...out], [3, 1, 5, 1, 1, 5]);
});

test.run();
