import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('i16_sae_beta');
const engines = await bothBuilds();

test('never below bias - threshold with its own rounding errors, and near it', () => {
  const n = 40;
  for (const d of [4, 192, 65536]) {
    const bias = randomValues(n, 1).map((v, i) => (i % 5 ? v : v * 1e20));
    const thresholds = randomValues(n, 2).map((v, i) => (i % 3 ? v : 0));
    const beta = onBoth(engines, (g, core) => {
      const out = g.alloc(4 * n, 'beta');
      core.kernels.i16_sae_beta({ bias: g.f32(bias), thresholds: g.f32(thresholds), n, d, beta: out });
      return core.f32(out, n);
    });
    for (let i = 0; i < n; i++) {
      const exact = bias[i] - thresholds[i];
      const gamma = ((d + 2) * 2 ** -24) / (1 - (d + 2) * 2 ** -24);
      const least = exact + gamma * Math.abs(bias[i]);
      assert.ok(beta[i] >= least, `d ${d} ${i}`);
      assert.ok(beta[i] - least <= 2 ** -20 * (Math.abs(exact) + Math.abs(bias[i])) + 1e-29, `d ${d} ${i}`);
    }
  }
});

test.run();
