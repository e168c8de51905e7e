import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination } from '../../src/bench/kernel.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_avgpool_grad');
const engines = await bothBuilds();

test('adds an equal share to every place of a window, those that overlap too', () => {
  for (const [side, size, stride, channels] of [
    [7, 7, 1, 4],
    [5, 3, 1, 8],
    [6, 2, 2, 12],
    [7, 3, 2, 4],
  ]) {
    const n = Math.floor((side - size) / stride) + 1;
    const grad = randomValues(n * n * channels, 1);
    const start = randomValues(side * side * channels, 2);
    const have = onBoth(engines, (g, core) => {
      const dst = g.f32(start, 'result');
      core.kernels.f32_avgpool_grad({
        ...{
          grad: g.f32(grad, 'gradient'),
          gradPixel: 4 * channels,
          gradRow: 4 * channels * n,
          size,
          stride,
        },
        ...{ ...destination(dst, side, channels), outHeight: n, outWidth: n, channels },
      });
      return core.f32(dst, start.length);
    });
    const want = Float64Array.from(start);
    for (let o = 0; o < grad.length; o++) {
      const [p, c] = [Math.floor(o / channels), o % channels];
      for (let k = 0; k < size * size; k++) {
        const y = Math.floor(p / n) * stride + Math.floor(k / size);
        const x = (p % n) * stride + (k % size);
        want[(y * side + x) * channels + c] += grad[o] / size ** 2;
      }
    }
    assert.ok(relativeError(have, want) < 1e-6, `${side}, ${size}/${stride}`);
  }
});

test.run();
