import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_pack_8');
const engines = await bothBuilds();

test('rows minus the offset, and the same in panels of eight samples', () => {
  for (const d of [4, 8, 12, 96])
    for (const b of [8, 16, 40]) {
      const x = randomValues(b * d, d + b);
      const offset = randomValues(d, 9);
      const run = (what: 'rows' | 'panels') =>
        onBoth(engines, (g, core) => {
          const [rows, panels] = [g.alloc(4 * b * d, 'rows'), g.alloc(4 * b * d, 'panels')];
          core.kernels.f32_sae_pack_8({
            x: g.f32(x, 'x'),
            offset: g.f32(offset, 'offset'),
            rows,
            panels,
            n: b,
            d,
          });
          return core.f32(what === 'rows' ? rows : panels, b * d);
        });
      const [rows, panels] = [run('rows'), run('panels')];
      for (let i = 0; i < b; i++)
        for (let j = 0; j < d; j++) {
          const expected = Math.fround(x[i * d + j] - offset[j]);
          assert.is(rows[i * d + j], expected);
          assert.is(panels[(i >> 3) * d * 8 + j * 8 + (i & 7)], expected);
        }
    }
});

test.run();
