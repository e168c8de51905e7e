import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_add_indexed');
const engines = await bothBuilds();

test('adds a table’s values by index', () => {
  const table = randomValues(6, 4);
  const index = Int32Array.of(5, 0, 3, 3);
  const out = onBoth(engines, (g, core) => {
    const df = g.f32([1, 2, 3, 4]);
    core.kernels.f32_add_indexed({ df, index: g.i32(index), table: g.f32(table), scale: 0.5, n: 4 });
    return core.f32(df, 4);
  });
  assert.ok(
    relativeError(
      out,
      [1, 2, 3, 4].map((v, i) => v + 0.5 * table[index[i]]),
    ) < 1e-6,
  );
});

test.run();
