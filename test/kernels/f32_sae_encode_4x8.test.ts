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
          core.kernels.f32_sae_encode_4x8({
            panels: g.f32(x, 'x'),
            panelCount: panels,
            wEnc: g.f32(w, 'w'),
            bias: g.f32(bias, 'bias'),
            out: pre,
            d,
            f,
            block,
            scratch: g.alloc(4 * block * d, 'scratch'),
          });
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

test.run();
