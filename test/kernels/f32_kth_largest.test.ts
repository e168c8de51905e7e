import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

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
          Float32Array.of(core.kernels.f32_kth_largest({ values: g.f32(v), n: v.length, k })),
        );
        assert.is(got, [...v].sort((a, b) => b - a)[k - 1]);
      },
    ),
    { numRuns: 200 },
  );
  const extremes = [
    Number.POSITIVE_INFINITY,
    3.4e38,
    1e-45,
    0,
    -0,
    -1e-45,
    -3.4e38,
    Number.NEGATIVE_INFINITY,
  ];
  for (let k = 1; k <= extremes.length; k++) {
    const [got] = onBoth(engines, (g, core) =>
      Float32Array.of(core.kernels.f32_kth_largest({ values: g.f32(extremes), n: extremes.length, k })),
    );
    assert.is(got, Math.fround(extremes[k - 1]) + 0, `${k}`);
  }
  for (const order of [(i: number) => i, (i: number) => -i, () => 1]) {
    const v = Float32Array.from({ length: 5000 }, (_, i) => order(i));
    const [got] = onBoth(engines, (g, core) =>
      Float32Array.of(core.kernels.f32_kth_largest({ values: g.f32(v), n: 5000, k: 1234 })),
    );
    assert.is(got, v.slice().sort().at(-1234));
  }
});

test.run();
