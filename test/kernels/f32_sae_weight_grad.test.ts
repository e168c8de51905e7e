import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_sae_weight_grad');
const engines = await bothBuilds();

test('weight gradients agree with f64; silent features stay untouched; slices are the whole', () => {
  for (const d of [4, 32, 36, 96]) {
    const f = 6;
    const first = Int32Array.of(0, 2, 2, 5, 6, 6, 8);
    const sample = Int32Array.of(0, 3, 1, 2, 3, 0, 2, 3);
    const [value, df] = [randomValues(8, 1), randomValues(8, 2)];
    const [dr, xc] = [randomValues(4 * d, 3), randomValues(4 * d, 4)];
    const run = (cuts: number[]) =>
      onBoth(engines, (g, core) => {
        const [gDec, gEnc] = [0, 1].map(() => g.f32(new Float32Array(f * d).fill(0.25)));
        const lists = { first: g.i32(first), sample: g.i32(sample), value: g.f32(value), df: g.f32(df) };
        const rows = { dr: g.f32(dr), xc: g.f32(xc), d };
        for (let c = 0; c + 1 < cuts.length; c++) {
          const at = 4 * cuts[c] * d;
          const [from, to] = [cuts[c], cuts[c + 1]];
          core.kernels.f32_sae_weight_grad({ ...lists, from, to, ...rows, gDec: gDec + at, gEnc: gEnc + at });
        }
        return Float32Array.from([...core.f32(gDec, f * d), ...core.f32(gEnc, f * d)]);
      });
    const whole = run([0, f]);
    assert.equal(run([0, 1, 4, f]), whole, 'the same bits in slices');
    const [eDec, eEnc] = [new Float64Array(f * d).fill(0.25), new Float64Array(f * d).fill(0.25)];
    for (let i = 0; i < f; i++)
      for (let e = first[i]; e < first[i + 1]; e++) {
        for (let j = 0; j < d; j++) {
          eDec[i * d + j] += value[e] * dr[sample[e] * d + j];
          eEnc[i * d + j] += df[e] * xc[sample[e] * d + j];
        }
      }
    assert.ok(relativeError(whole, [...eDec, ...eEnc]) < 1e-6, `d ${d}`);
  }
});

test.run();
