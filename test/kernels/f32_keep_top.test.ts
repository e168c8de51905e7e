import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_keep_top');
const engines = await bothBuilds();

test('a list cut to its k largest keeps its order, the first among equals', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      (v, r) => {
        const k = 1 + (r % v.length);
        const flat = onBoth(engines, (g, core) => {
          const [values, indices] = [g.f32(v), g.i32(v.map((_, i) => 10 + i))];
          const least = core.kernels.f32_keep_top({
            values,
            indices,
            n: v.length,
            k,
            scratch: g.alloc(4 * v.length),
          });
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
