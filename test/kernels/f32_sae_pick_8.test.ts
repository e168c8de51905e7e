import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_pick_8');
const engines = await bothBuilds();

test('entries of lists find their values in panels of eight samples', () => {
  const [f, n] = [5, 10];
  const lists = Array.from({ length: n }, (_, b) => [0, 1, 2, 3, 4].filter((i) => (b * 3 + i) % 4 > 1));
  const start = [0, ...lists.map((_, b) => lists.slice(0, b + 1).flat().length)];
  const entries = start[n];
  const tile = randomValues(16 * f, 2);
  const picked = onBoth(engines, (g, core) => {
    const out = g.alloc(4 * entries, 'out');
    core.kernels.f32_sae_pick_8({
      start: g.i32(start),
      index: g.i32(lists.flat()),
      n,
      tile: g.f32(tile),
      f,
      out,
    });
    return core.f32(out, entries);
  });
  assert.ok(entries > n);
  assert.equal(
    [...picked],
    lists.flatMap((list, b) => list.map((i) => tile[(b >> 3) * 8 * f + 8 * i + (b & 7)])),
  );
});

test.run();
