import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_relu');
const engines = await bothBuilds();

test('exact, strides on both sides, -0 and NaN stay', () => {
  const values = [-1, 2, -0, 0, Number.NEGATIVE_INFINITY, 3e-39, -3e-39, Number.NaN];
  const have = onBoth(engines, (g, core) => {
    const src = g.f32([...values, ...values, ...values], 'source');
    // Second half of a pixel of 8 channels -> first half of one of 8.
    const dst = g.f32(new Float32Array(16).fill(9), 'result');
    core.kernels.f32_relu({
      src: src + 16,
      srcPixel: 32,
      srcRow: 64,
      dst,
      dstPixel: 32,
      dstRow: 64,
      height: 1,
      width: 2,
      channels: 4,
    });
    return core.f32(dst, 16);
  });
  for (const at of [0, 8]) {
    assert.equal([...have.slice(at, at + 3)], [0, Math.fround(3e-39), 0]);
    assert.ok(Number.isNaN(have[at + 3]));
    assert.equal([...have.slice(at + 4, at + 8)], [9, 9, 9, 9]);
  }
});

test.run();
