import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_add_feature_sums');
const engines = await bothBuilds();

test('adds the sum of each feature’s entries; silent features stay untouched', () => {
  const first = [0, 2, 2, 5, 6, 6, 8];
  const value = randomValues(8, 1);
  const out = onBoth(engines, (g, core) => {
    const sums = g.f32(new Float32Array(6).fill(0.25));
    core.kernels.f32_add_feature_sums({ first: g.i32(first), value: g.f32(value), f: 6, out: sums });
    return core.f32(sums, 6);
  });
  const expected = Array.from({ length: 6 }, (_, i) =>
    value.subarray(first[i], first[i + 1]).reduce((s, v) => s + v, 0.25),
  );
  assert.ok(relativeError(out, expected) < 1e-6);
  for (const i of [1, 4]) assert.is(out[i], 0.25);
});

test.run();
