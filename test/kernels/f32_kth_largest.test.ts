import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_kth_largest');
const engines = await bothBuilds();

test('the k-th largest, equal values and rising, falling and constant orders included', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 }),
      fc.nat(),
      (v, r) => {
        const k = 1 + (r % v.length);
        const [got] = onBoth(engines, (g, core) =>
          Float32Array.of(core.kernels.f32_kth_largest(g.f32(v), v.length, k)),
        );
        assert.is(got, [...v].sort((a, b) => b - a)[k - 1]);
      },
    ),
    { numRuns: 200 },
  );
  for (const order of [(i: number) => i, (i: number) => -i, () => 1]) {
    const v = Float32Array.from({ length: 5000 }, (_, i) => order(i));
    const [got] = onBoth(engines, (g, core) =>
      Float32Array.of(core.kernels.f32_kth_largest(g.f32(v), 5000, 1234)),
    );
    assert.is(got, v.slice().sort().at(-1234));
  }
});

test('lists are cut to what is larger, and to the first of what is equal', () => {
  const counts = [3, 0, 5, 1, 7];
  const start = Int32Array.from([0, ...counts.map((_, i) => counts.slice(0, i + 1).reduce((a, b) => a + b))]);
  const value = randomValues(16, 3).map((v) => Math.round(2 * v));
  const index = Int32Array.from({ length: 16 }, (_, i) => 100 + i);
  for (const least of [-1, 0, 1])
    for (const equal of [0, 1, 100]) {
      const flat = onBoth(engines, (g, core) => {
        const [s, ix, v] = [g.i32(start), g.i32(index), g.f32(value)];
        const left = core.kernels.f32_keep_largest(s, ix, v, 5, least, equal);
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

test('a list cut to its k largest keeps its order, the first among equals', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      (v, r) => {
        const k = 1 + (r % v.length);
        const flat = onBoth(engines, (g, core) => {
          const [values, indices] = [g.f32(v), g.i32(v.map((_, i) => 10 + i))];
          const least = core.kernels.f32_keep_top(values, indices, v.length, k, g.alloc(4 * v.length));
          return Float32Array.of(least, ...core.f32(values, k), ...core.i32(indices, k));
        });
        const kept = v
          .map((value, i) => ({ value, i: 10 + i }))
          .sort((a, b) => b.value - a.value || a.i - b.i)
          .slice(0, k);
        const least = kept[k - 1].value;
        kept.sort((a, b) => a.i - b.i);
        assert.equal([...flat], [least, ...kept.map((e) => e.value), ...kept.map((e) => e.i)]);
      },
    ),
    { numRuns: 200 },
  );
});

test.run();
