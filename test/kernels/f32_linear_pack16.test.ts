import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_linear_pack16');
const engines = await bothBuilds();

test('panels of 16 outputs, zeros behind the last one', () => {
  for (const outputs of [1, 15, 16, 33])
    for (const inputs of [1, 5]) {
      const weight = randomValues(outputs * inputs, outputs);
      const wide = Math.ceil(outputs / 16) * 16;
      const have = onBoth(engines, (g, core) => {
        const packed = g.alloc(4 * wide * inputs, 'packed');
        core.kernels.f32_linear_pack16({ weight: g.f32(weight, 'weight'), packed, outputs, inputs });
        return core.f32(packed, wide * inputs);
      });
      const want: number[] = [];
      for (let panel = 0; panel < wide; panel += 16)
        for (let i = 0; i < inputs; i++)
          for (let f = panel; f < panel + 16; f++) want.push(f < outputs ? weight[f * inputs + i] : 0);
      assert.equal([...have], want, `${inputs} to ${outputs}`);
    }
});

test.run();
