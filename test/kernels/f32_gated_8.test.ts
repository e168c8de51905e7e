import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_gated_8');
const engines = await bothBuilds();

test('open gates by index, with their values and magnitudes; strict at 0', () => {
  for (const f of [1, 3, 8, 61])
    for (const onlyActive of [0, 1]) {
      const bGate = randomValues(f, 1);
      const [scale, bMag] = [randomValues(f, 2).map((v) => Math.abs(v) + 0.5), randomValues(f, 3)];
      const c = randomValues(8 * f, 4).map((v, i) => (i % 9 === 0 ? -bGate[i >> 3] : v));
      const flat = onBoth(engines, (g, core) => {
        const [gates, values, indices] = [0, 1, 2].map(() => g.alloc(32 * f));
        const counts = g.alloc(32);
        const tables = { bGate: g.f32(bGate), scale: g.f32(scale), bMag: g.f32(bMag) };
        core.kernels.f32_gated_8({ pre: g.f32(c), f, ...tables, onlyActive, gates, values, indices, counts });
        const out: number[] = [];
        for (let s = 0; s < 8; s++)
          for (let i = 0; i < core.i32(counts, 8)[s]; i++) {
            const at = 4 * (s * f + i);
            out.push(
              s,
              core.i32(indices + at, 1)[0],
              core.f32(gates + at, 1)[0],
              core.f32(values + at, 1)[0],
            );
          }
        return Float32Array.from(out);
      });
      const expected: number[] = [];
      const { fround } = Math;
      for (let s = 0; s < 8; s++)
        for (let i = 0; i < f; i++) {
          const v = c[i * 8 + s];
          const pi = fround(v + bGate[i]);
          const magnitude = Math.max(0, fround(fround(scale[i] * v) + bMag[i]));
          if (pi > 0 && (!onlyActive || magnitude > 0)) expected.push(s, i, pi, magnitude);
        }
      assert.equal([...flat], expected, `f ${f}`);
    }
});

test.run();
