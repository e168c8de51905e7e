import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_above_8');
const engines = await bothBuilds();

test('lists the values strictly above their latent’s threshold, by index; NaN is above nothing', () => {
  for (const f of [1, 4, 7, 100]) {
    const thresholds = randomValues(f, 2).map((v, i) => (i % 5 === 0 ? Number.NEGATIVE_INFINITY : v));
    const pre = randomValues(8 * f, f).map((v, i) =>
      i % 11 === 0 ? thresholds[i >> 3] : i % 13 === 0 ? Number.NaN : v,
    );
    const flat = onBoth(engines, (g, core) => {
      const [values, indices, counts] = [g.alloc(32 * f, 'v'), g.alloc(32 * f, 'i'), g.alloc(32, 'n')];
      core.kernels.f32_above_8({
        pre: g.f32(pre),
        f,
        thresholds: g.f32(thresholds),
        values,
        indices,
        counts,
      });
      const out: number[] = [];
      for (let s = 0; s < 8; s++) {
        const n = core.i32(counts, 8)[s];
        for (let i = 0; i < n; i++)
          out.push(s, core.i32(indices + 4 * s * f, n)[i], core.f32(values + 4 * s * f, n)[i]);
      }
      return Float32Array.from(out);
    });
    const expected: number[] = [];
    for (let s = 0; s < 8; s++)
      for (let i = 0; i < f; i++) if (pre[i * 8 + s] > thresholds[i]) expected.push(s, i, pre[i * 8 + s]);
    assert.equal([...flat], expected);
  }
});

test.run();
