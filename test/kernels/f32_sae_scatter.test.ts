import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_scatter');
const engines = await bothBuilds();

test('lists become dense rows, zero but for their entries', () => {
  const lists = [[1, 4], [], [0, 2, 3], [4]];
  const [columns, n] = [5, lists.length];
  const start = [0, 2, 2, 5, 6];
  const value = randomValues(6, 1);
  const rows = onBoth(engines, (g, core) => {
    const out = g.alloc(4 * n * columns, 'out');
    core.kernels.f32_sae_scatter({
      start: g.i32(start),
      index: g.i32(lists.flat()),
      value: g.f32(value),
      n,
      columns,
      out,
    });
    return core.f32(out, n * columns);
  });
  const dense = new Array<number>(n * columns).fill(0);
  lists.forEach((list, b) => {
    list.forEach((i, at) => {
      dense[b * columns + i] = value[start[b] + at];
    });
  });
  assert.equal([...rows], dense);
});

test.run();
