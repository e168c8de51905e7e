import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adversarialRows } from '../support/adversarial.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_dots_4');
const engines = await bothBuilds();

test('has the bits of f32_sae_encode_4x8, for every width and number of rows', () => {
  for (const d of [4, 12, 96, 480])
    for (const n of [1, 3, 4, 5, 8, 13]) {
      const f = 16;
      const w = adversarialRows(f, d, d + n);
      const bias = randomValues(f, 7);
      const x = randomValues(8 * d, n); // a panel [d][8]
      const index = Int32Array.from({ length: (n + 3) & ~3 }, (_, i) => (i * 5 + n) % f);
      const flat = onBoth(engines, (g, core) => {
        const rows = g.f32(w);
        const pre = g.alloc(4 * 8 * f);
        core.kernels.f32_sae_encode_4x8({
          panels: g.f32(x),
          panelCount: 1,
          wEnc: rows,
          bias: g.f32(bias),
          out: pre,
          d,
          f,
          block: 8,
          scratch: g.alloc(32 * d),
        });
        const list = g.i32(index, 'index');
        const out: number[] = [];
        for (let s = 0; s < 8; s++) {
          const v = g.f32(x.filter((_, i) => i % 8 === s));
          const dots = g.f32(
            [...index].map((i) => bias[i]),
            'out',
          );
          core.kernels.f32_dots_4({ index: list, n, rows, d, vector: v, out: dots });
          for (let i = 0; i < n; i++) out.push(core.f32(dots, n)[i], core.f32(pre, 8 * f)[8 * index[i] + s]);
        }
        return Float32Array.from(out);
      });
      for (let i = 0; i < flat.length; i += 2) assert.equal(flat[i], flat[i + 1], `d ${d} n ${n}`);
    }
});

test.run();
