import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_lrn');
const engines = await bothBuilds();

for (const [name, radius, bias, alpha, beta] of [
  ['inception5h', 5, 2, 1e-4, 0.5],
  ['Caffe', 2, 1, 1e-4 / 5, 0.75],
] as const)
  test(`${name}: agrees with f64 and between builds, in place too`, () => {
    const rng = new Rng(6);
    for (const channels of [4, 8, 12, 64])
      for (const [h, w] of [
        [1, 1],
        [2, 3],
      ]) {
        const data = Float32Array.from({ length: h * w * channels }, () => (rng.uniform() - 0.5) * 400);
        const have = onBoth(engines, (g, core) => {
          const dst = g.alloc(4 * h * w * channels, 'result');
          const rest = { height: h, width: w, channels, radius, bias, alpha };
          core.kernels.f32_lrn({
            ...source(g.f32(data, 'source'), w, channels),
            ...destination(dst, w, channels),
            ...rest,
          });
          const out = core.f32(dst, h * w * channels).slice();
          const same = g.f32(data, 'in place');
          core.kernels.f32_lrn({ ...source(same, w, channels), ...destination(same, w, channels), ...rest });
          assert.equal(core.f32(same, h * w * channels).slice(), out);
          return out;
        });
        const want = Array.from(have, (_, i) => {
          const [p, c] = [Math.floor(i / channels), i % channels];
          let sum = 0;
          for (let j = Math.max(0, c - radius); j <= Math.min(channels - 1, c + radius); j++)
            sum += data[p * channels + j] ** 2;
          return data[i] / (bias + alpha * sum) ** beta;
        });
        assert.ok(relativeError(have, want) < 1e-6, `${h}x${w}x${channels}: ${relativeError(have, want)}`);
      }
  });

test.run();
