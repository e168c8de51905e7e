import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_gather_32');
const engines = await bothBuilds();

test('agrees with f64 for every width and length of list', () => {
  for (const d of [4, 28, 32, 36, 64, 96, 100])
    for (const n of [0, 1, 2, 17]) {
      const rows = randomValues(10 * d, d);
      const index = Int32Array.from({ length: n }, (_, i) => (i * 7) % 10);
      const coefficient = randomValues(n, n + 1);
      const init = randomValues(d, 5);
      const out = onBoth(engines, (g, core) => {
        const to = g.alloc(4 * d, 'out');
        core.kernels.f32_gather_32({
          index: g.i32(index, 'index'),
          coefficient: g.f32(coefficient, 'coefficient'),
          n,
          rows: g.f32(rows, 'rows'),
          d,
          init: g.f32(init, 'init'),
          out: to,
        });
        return core.f32(to, d);
      });
      const expected = Float64Array.from(init);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < d; j++) expected[j] += coefficient[i] * rows[index[i] * d + j];
      assert.ok(relativeError(out, expected) < 1e-6, `d ${d} n ${n}`);
    }
});

test('may accumulate in place', () => {
  const out = onBoth(engines, (g, core) => {
    const to = g.f32(new Float32Array(36).fill(1), 'out');
    core.kernels.f32_gather_32({
      index: g.i32([0, 0]),
      coefficient: g.f32([2, 3]),
      n: 2,
      rows: g.f32(new Float32Array(36).fill(10)),
      d: 36,
      init: to,
      out: to,
    });
    return core.f32(to, 36);
  });
  assert.ok(filled(out).every((v) => v === 51));
});

test.run();
