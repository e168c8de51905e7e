import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_affine_pack8');
const engines = await bothBuilds();

test('panels of 8 rows of a table, one after the other along k; zeros behind the last row', () => {
  for (const [n, k] of [
    [8, 4],
    [16, 12],
    [13, 8],
    [3, 4],
  ]) {
    const table = randomValues(n * k, n);
    const packed = onBoth(engines, (g, core) => {
      const to = g.alloc(32 * k * Math.ceil(n / 8), 'packed');
      core.kernels.f32_affine_pack8({
        table: g.f32(table, 'table'),
        packed: to,
        n,
        k,
        scratch: g.alloc(64, 'scratch'),
      });
      return core.f32(to, 8 * k * Math.ceil(n / 8));
    });
    packed.forEach((v, i) => {
      const [panel, c, lane] = [Math.floor(i / 8 / k), Math.floor(i / 8) % k, i % 8];
      const row = 8 * panel + lane;
      assert.is(v, row < n ? table[row * k + c] : 0, `${n} ${k} at ${i}`);
    });
  }
});

test.run();
