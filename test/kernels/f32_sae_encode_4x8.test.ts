import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_encode_4x8');
const engines = await bothBuilds();

test('agrees with f64 for every width, number of features and block', () => {
  for (const d of [4, 8, 12, 96])
    for (const f of [4, 8, 20, 68])
      for (const block of [4, 32, 64]) {
        const panels = 3;
        const x = randomValues(panels * d * 8, d * f);
        const w = randomValues(f * d, d + f);
        const bias = randomValues(f, 3);
        const out = onBoth(engines, (g, core) => {
          const pre = g.alloc(4 * panels * f * 8, 'out');
          core.kernels.f32_sae_encode_4x8(
            g.f32(x, 'x'),
            panels,
            g.f32(w, 'w'),
            g.f32(bias, 'bias'),
            pre,
            d,
            f,
            block,
            g.alloc(4 * block * d, 'scratch'),
          );
          return core.f32(pre, panels * f * 8);
        });
        const expected = new Float64Array(out.length);
        for (let p = 0; p < panels; p++)
          for (let i = 0; i < f; i++)
            for (let s = 0; s < 8; s++) {
              let sum = bias[i];
              for (let j = 0; j < d; j++) sum += w[i * d + j] * x[(p * d + j) * 8 + s];
              expected[(p * f + i) * 8 + s] = sum;
            }
        assert.ok(relativeError(out, expected) < 1e-6, `d ${d} f ${f} block ${block}`);
      }
});

test('features from a list have the bits of all features', () => {
  const [d, f, panels] = [12, 24, 2];
  const x = randomValues(panels * d * 8, 1);
  const w = randomValues(f * d, 2);
  const bias = randomValues(f, 3);
  const list = [5, 0, 23, 11, 4, 4, 9, 22];
  for (const block of [4, 8, 32]) {
    const flat = onBoth(engines, (g, core) => {
      const [all, some] = [g.alloc(4 * panels * f * 8), g.alloc(4 * panels * list.length * 8, 'out')];
      const [px, pw, scratch] = [g.f32(x), g.f32(w), g.alloc(4 * block * d)];
      core.kernels.f32_sae_encode_4x8(px, panels, pw, g.f32(bias), all, d, f, block, scratch);
      core.kernels.f32_sae_encode_list_4x8(
        px,
        panels,
        pw,
        g.i32(list),
        g.f32(list.map((i) => bias[i])),
        some,
        d,
        list.length,
        block,
        scratch,
      );
      return Float32Array.of(...core.f32(all, panels * f * 8), ...core.f32(some, panels * list.length * 8));
    });
    const some = flat.subarray(panels * f * 8);
    for (let p = 0; p < panels; p++)
      for (const [i, from] of list.entries())
        for (let s = 0; s < 8; s++)
          assert.is(some[(p * list.length + i) * 8 + s], flat[(p * f + from) * 8 + s], `block ${block}`);
  }
});

test.run();
