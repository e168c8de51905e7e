import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_peak_12');
const engines = await bothBuilds();

test('does what it counts: twelve chains, each n products and n sums', () => {
  for (const n of [1, 2, 100]) {
    const [sum] = onBoth(engines, (_, core) =>
      Float32Array.of(core.kernels.f32_peak_12({ calls: 3, turns: n, seed: 1 })),
    );
    const chains = Array.from({ length: 12 }, (_, i) => 1 + i);
    for (let t = 0; t < n; t++)
      for (let i = 0; i < 12; i++) chains[i] = Math.fround(Math.fround(chains[i] * 0.5) + 1);
    const plain = 3 * chains.reduce((s, c) => s + c, 0);
    assert.ok(Math.abs(sum - plain) <= 1e-6 * plain, `${n} turns: ${sum} for ${plain}`);
  }
});

test.run();
