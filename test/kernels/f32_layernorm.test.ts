import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filled } from '../support/filled.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';
import { layernorm, layernormBack } from '../support/transformer.js';

const test = suite('f32_layernorm');
const engines = await bothBuilds();
const EPS = 1e-5;

for (const [n, d, gap] of [
  [1, 4, 0],
  [3, 20, 4],
  [2, 768, 0],
])
  test(`[${n}, ${d}], ${gap} floats between rows: there and back agree with f64`, () => {
    const ld = d + gap;
    const spread = (rows: Float32Array) =>
      Float32Array.from({ length: n * ld }, (_, i) =>
        i % ld < d ? rows[Math.floor(i / ld) * d + (i % ld)] : 7,
      );
    // A mean that is large beside the deviation, as in a residual stream.
    const x = randomValues(n * d, 1).map((v, i) => v + 3 + (i % 5));
    const [g, gain, bias] = [randomValues(n * d, 2), randomValues(d, 3), randomValues(d, 4)];
    const pixel = 4 * ld;
    const rows = (all: Float32Array) =>
      Float32Array.from({ length: n * d }, (_, i) => all[Math.floor(i / d) * ld + (i % d)]);
    const y = onBoth(engines, (guarded, core) => {
      const dst = guarded.f32(new Float32Array(n * ld).fill(7), 'y');
      core.kernels.f32_layernorm({
        ...{ src: guarded.f32(spread(x), 'x'), srcPixel: pixel, dst, dstPixel: pixel, n, d },
        ...{ gain: guarded.f32(gain, 'gain'), bias: guarded.f32(bias, 'bias'), eps: EPS },
      });
      const out = core.f32(dst, n * ld).slice();
      assert.ok(filled(out).every((v, i) => i % ld < d || v === 7));
      return rows(out);
    });
    assert.ok(relativeError(y, layernorm(x, d, gain, bias, EPS)) < 2e-6);
    const dx = onBoth(engines, (guarded, core) => {
      const dst = guarded.f32(new Float32Array(n * ld).fill(7), 'dx');
      core.kernels.f32_layernorm_grad({
        ...{
          src: guarded.f32(spread(x), 'x'),
          srcPixel: pixel,
          grad: guarded.f32(spread(g), 'g'),
          gradPixel: pixel,
        },
        ...{ dst, dstPixel: pixel, n, d, gain: guarded.f32(gain, 'gain'), eps: EPS },
      });
      return rows(core.f32(dst, n * ld).slice());
    });
    assert.ok(relativeError(dx, layernormBack(x, d, gain, EPS, g)) < 5e-6);
  });

test.run();
