import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_encode_list_4x8');
const engines = await bothBuilds();

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
      core.kernels.f32_sae_encode_4x8({
        panels: px,
        panelCount: panels,
        wEnc: pw,
        bias: g.f32(bias),
        out: all,
        d,
        f,
        block,
        scratch,
      });
      core.kernels.f32_sae_encode_list_4x8({
        panels: px,
        panelCount: panels,
        wEnc: pw,
        list: g.i32(list),
        bias: g.f32(list.map((i) => bias[i])),
        out: some,
        d,
        n: list.length,
        block,
        scratch,
      });
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
