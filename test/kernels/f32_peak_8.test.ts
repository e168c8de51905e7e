import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_peak_8');
const engines = await bothBuilds();

test('does what it counts: every turn adds 30 seeds to the sum of the first lanes', () => {
  const [sum] = onBoth(engines, (_, core) => Float32Array.of(core.kernels.f32_peak_8(3, 100, 0.5)));
  // Eight accumulators start at the seed; a turn adds (1 + 2 + 3 + 4) (1 + 2) seeds.
  assert.is(sum, 3 * (8 + 100 * 30) * 0.5);
});

test.run();
