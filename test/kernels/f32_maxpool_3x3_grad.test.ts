import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { Rng } from '../../src/index.js';
import { extent, type Padding } from '../../src/network/ops/window.js';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_maxpool_3x3_grad');
const engines = await bothBuilds();

const RULES: [string, number, Padding][] = [
  ['TF SAME, stride 2', 2, { rule: 'same' }],
  ['TF SAME, stride 1', 1, { rule: 'same' }],
  ['Caffe ceil, stride 2', 2, { rule: 'caffe', pad: 0 }],
  ['Caffe pad 1, stride 1', 1, { rule: 'caffe', pad: 1 }],
  ['stride 4, windows apart', 4, { rule: 'valid' }],
];

for (const [name, stride, padding] of RULES)
  test(`${name}: exact for every size, each window's gradient at its first maximum`, () => {
    const rng = new Rng(3);
    let sizes = 0;
    for (let h = 1; h <= 7; h++)
      for (let w = 1; w <= 7; w++) {
        const channels = 4 + 8 * ((h + w) % 2);
        const [y, x] = [extent(h, 3, stride, padding), extent(w, 3, stride, padding)];
        if (y.size < 1 || x.size < 1) continue;
        sizes++;
        // Few distinct values: ties everywhere. Whole numbers: every sum is exact.
        const draw = (n: number) => Float32Array.from({ length: n }, () => rng.below(5) - 3);
        const data = draw(h * w * channels);
        const grad = draw(y.size * x.size * channels);
        const start = draw(data.length);
        const want = start.slice();
        const out = new Float32Array(grad.length).map((_, o) => {
          const [p, c] = [Math.floor(o / channels), o % channels];
          let best = -1;
          for (let k = 0; k < 9; k++) {
            const yy = Math.floor(p / x.size) * stride + Math.floor(k / 3) - y.before;
            const xx = (p % x.size) * stride + (k % 3) - x.before;
            if (yy < 0 || xx < 0 || yy >= h || xx >= w) continue;
            const i = (yy * w + xx) * channels + c;
            if (best < 0 || data[i] > data[best]) best = i;
          }
          want[best] += grad[o];
          return data[best];
        });
        const have = onBoth(engines, (g, core) => {
          const dst = g.f32(start, 'result');
          core.kernels.f32_maxpool_3x3_grad({
            ...source(g.f32(data, 'source'), w, channels),
            ...{ height: h, width: w, stride, beforeY: y.before, beforeX: x.before },
            ...{ out: g.f32(out, 'output'), outPixel: 4 * channels, outRow: 4 * channels * x.size },
            ...{ grad: g.f32(grad, 'gradient'), gradPixel: 4 * channels, gradRow: 4 * channels * x.size },
            ...{ ...destination(dst, w, channels), outHeight: y.size, outWidth: x.size, channels },
          });
          return core.f32(dst, data.length);
        });
        assert.equal(have, want, `${h}x${w}x${channels}`);
      }
    assert.ok(sizes >= 20, `${sizes} sizes`);
  });

test.run();
