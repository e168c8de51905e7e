import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_relu_grad');
const engines = await bothBuilds();

/** The gradient before the ReLU, and the kernel's answer at the end. */
const passed = (y: Float32Array, g: Float32Array, width: number, channels: number, redirect: number) =>
  onBoth(engines, (guarded, core) => {
    const dst = guarded.alloc(4 * y.length, 'result');
    const any = core.kernels.f32_relu_grad({
      ...source(guarded.f32(y, 'outputs'), width, channels),
      ...{ grad: guarded.f32(g, 'gradient'), gradPixel: 4 * channels, gradRow: 4 * channels * width },
      ...{
        ...destination(dst, width, channels),
        height: y.length / width / channels,
        width,
        channels,
        redirect,
      },
    });
    return Float32Array.of(...core.f32(dst, y.length), any);
  });

test('passes where the ReLU gave more than zero, and says whether anything passed', () => {
  for (const [height, width, channels] of [
    [1, 1, 4],
    [2, 3, 12],
  ]) {
    const n = height * width * channels;
    const y = randomValues(n, 1).map((v) => Math.max(0, v));
    const g = randomValues(n, 2);
    const have = passed(y, g, width, channels, 0);
    assert.equal(
      have.subarray(0, n),
      g.map((v, i) => (y[i] > 0 ? v : 0)),
    );
    assert.is(have[n], 1);
    const redirected = passed(y, g, width, channels, 1);
    assert.equal(
      redirected.subarray(0, n),
      g.map((v, i) => (y[i] > 0 || v > 0 ? v : 0)),
    );
  }
});

test('nothing of dead outputs; redirected, what pushes up; a negative zero is nothing', () => {
  const dead = new Float32Array(4);
  const g = Float32Array.of(1, -1, 0.5, -0);
  assert.equal(passed(dead, g, 1, 4, 0), Float32Array.of(0, 0, 0, 0, 0));
  assert.equal(passed(dead, g, 1, 4, 1), Float32Array.of(1, 0, 0.5, 0, 1));
  assert.is(passed(Float32Array.of(1, 1, 1, 1), Float32Array.of(-0, 0, -0, 0), 1, 4, 0)[4], 0);
});

test.run();
