import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_column_sums');
const engines = await bothBuilds();

test('adds rows to what is there, one after the other: of few columns, and of many', () => {
  for (const [n, d] of [
    [5, 12],
    [7, 36],
  ]) {
    const x = randomValues(n * d, 7);
    const out = onBoth(engines, (g, core) => {
      const sums = g.f32(new Float32Array(d).fill(0.5));
      core.kernels.f32_column_sums({ x: g.f32(x), n, d, sums });
      return core.f32(sums, d);
    });
    for (let j = 0; j < d; j++) {
      let s = 0.5;
      for (let i = 0; i < n; i++) s = Math.fround(s + x[i * d + j]);
      assert.is(out[j], s);
    }
  }
});

test.run();
