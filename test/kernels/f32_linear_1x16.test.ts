import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_linear_1x16');
const engines = await bothBuilds();

test('agrees with f64 and between builds over all tails', () => {
  const rng = new Rng(7);
  const random = (n: number) => Float32Array.from({ length: n }, () => rng.uniform() * 2 - 1);
  for (const f of [1, 4, 15, 16, 17, 40])
    for (const k of [1, 2, 7, 64]) {
      const [x, w, bias] = [random(k), random(f * k), random(f)];
      const wide = Math.ceil(f / 16) * 16;
      const have = onBoth(engines, (g, core) => {
        const packed = g.alloc(4 * wide * k, 'packed');
        core.kernels.f32_linear_pack16({ weight: g.f32(w, 'weight'), packed, outputs: f, inputs: k });
        const biases = new Float32Array(wide);
        biases.set(bias);
        const y = g.alloc(4 * wide, 'y');
        core.kernels.f32_linear_1x16({
          x: g.f32(x, 'x'),
          inputs: k,
          packed,
          bias: g.f32(biases, 'bias'),
          y,
          outputs: f,
        });
        return core.f32(y, f);
      });
      const want = Array.from(bias, (b, i) => x.reduce((s, v, j) => s + v * w[i * k + j], b));
      assert.ok(relativeError(have, want) < 1e-6, `f ${f} k ${k}`);
    }
});

test.run();
