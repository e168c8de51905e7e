import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_conv_pack8');
const engines = await bothBuilds();

test('panels of 8 filters, tap by tap, zeros behind the last filter', () => {
  for (const [cout, cin, kh, kw] of [
    [4, 1, 1, 1],
    [8, 4, 1, 1],
    [12, 3, 3, 3],
    [20, 2, 2, 5],
  ]) {
    const weight = randomValues(cout * cin * kh * kw, cout);
    const wide = Math.ceil(cout / 8) * 8;
    const have = onBoth(engines, (g, core) => {
      const packed = g.alloc(4 * wide * cin * kh * kw, 'packed');
      core.kernels.f32_conv_pack8({ weight: g.f32(weight, 'weight'), packed, cout, cin, kh, kw });
      return core.f32(packed, wide * cin * kh * kw);
    });
    const want: number[] = [];
    for (let panel = 0; panel < wide; panel += 8)
      for (let y = 0; y < kh; y++)
        for (let x = 0; x < kw; x++)
          for (let c = 0; c < cin; c++)
            for (let f = panel; f < panel + 8; f++)
              want.push(f < cout ? weight[((f * cin + c) * kh + y) * kw + x] : 0);
    assert.equal([...have], want, `${cout} ${cin} ${kh}x${kw}`);
  }
});

test.run();
