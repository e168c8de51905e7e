import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_gemm_pack8');
const engines = await bothBuilds();

test('panels of 8 columns, rows any stride apart, zeros behind the last column', () => {
  for (const n of [1, 7, 8, 9, 24])
    for (const [k, gap] of [
      [1, 0],
      [5, 3],
    ]) {
      const ldb = n + gap;
      const b = randomValues(k * ldb, n);
      const wide = Math.ceil(n / 8) * 8;
      const have = onBoth(engines, (g, core) => {
        const packed = g.alloc(4 * wide * k, 'packed');
        core.kernels.f32_gemm_pack8({ b: g.f32(b, 'b'), ldb, packed, k, n });
        return core.f32(packed, wide * k);
      });
      const want: number[] = [];
      for (let panel = 0; panel < wide; panel += 8)
        for (let i = 0; i < k; i++)
          for (let j = panel; j < panel + 8; j++) want.push(j < n ? b[i * ldb + j] : 0);
      assert.equal([...have], want, `n ${n} k ${k} gap ${gap}`);
    }
});

test.run();
