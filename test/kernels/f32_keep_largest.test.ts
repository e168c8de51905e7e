import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_keep_largest');
const engines = await bothBuilds();

test('lists are cut to what is larger, and to the first of what is equal', () => {
  const counts = [3, 0, 5, 1, 7];
  const start = Int32Array.from([0, ...counts.map((_, i) => counts.slice(0, i + 1).reduce((a, b) => a + b))]);
  const value = randomValues(16, 3).map((v) => Math.round(2 * v));
  const index = Int32Array.from({ length: 16 }, (_, i) => 100 + i);
  for (const least of [-1, 0, 1])
    for (const equal of [0, 1, 100]) {
      const flat = onBoth(engines, (g, core) => {
        const [s, ix, v] = [g.i32(start), g.i32(index), g.f32(value)];
        const left = core.kernels.f32_keep_largest({ start: s, index: ix, value: v, n: 5, least, equal });
        return Float32Array.from([...core.i32(s, 6), ...core.i32(ix, left), ...core.f32(v, left)]);
      });
      let room = equal;
      const kept: number[] = [];
      const begins = [0];
      for (let b = 0; b < 5; b++) {
        for (let i = start[b]; i < start[b + 1]; i++)
          if (value[i] > least || (value[i] === least && room-- > 0)) kept.push(i);
        begins.push(kept.length);
      }
      assert.equal([...flat], [...begins, ...kept.map((i) => index[i]), ...kept.map((i) => value[i])]);
    }
});

test.run();
