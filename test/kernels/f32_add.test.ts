import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_add');
const engines = await bothBuilds();

test('adds where the tensors lie, and touches nothing between their pixels', () => {
  for (const [height, width, channels] of [
    [1, 1, 4],
    [3, 2, 8],
    [2, 5, 12],
  ]) {
    const [pixel, row] = [channels + 4, (channels + 4) * width + 8];
    const x = randomValues(height * row, 1);
    const y = randomValues(height * width * channels, 2);
    const have = onBoth(engines, (g, core) => {
      const dst = g.f32(x, 'sum');
      core.kernels.f32_add({
        ...{ src: g.f32(y, 'summand'), srcPixel: 4 * channels, srcRow: 4 * channels * width },
        ...{ dst, dstPixel: 4 * pixel, dstRow: 4 * row, height, width, channels },
      });
      return core.f32(dst, x.length);
    });
    const want = x.slice();
    for (let i = 0; i < y.length; i++) {
      const p = Math.floor(i / channels);
      const at = Math.floor(p / width) * row + (p % width) * pixel + (i % channels);
      want[at] = x[at] + y[i];
    }
    assert.equal(have, want, `${height}x${width}x${channels}`);
  }
});

test.run();
