import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { destination, source } from '../../src/bench/kernel.js';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth, relativeError } from '../support/guarded.js';

const test = suite('f32_avgpool');
const engines = await bothBuilds();

test('agrees with f64 and between builds', () => {
  const rng = new Rng(4);
  for (const size of [1, 2, 7])
    for (const stride of [1, 2])
      for (const extra of [0, 1, 3])
        for (const channels of [4, 12]) {
          const [h, w] = [size + extra, size + 2 * extra];
          const [oh, ow] = [Math.floor((h - size) / stride) + 1, Math.floor((w - size) / stride) + 1];
          const data = Float32Array.from({ length: h * w * channels }, () => rng.uniform());
          const have = onBoth(engines, (g, core) => {
            const dst = g.alloc(4 * oh * ow * channels, 'result');
            core.kernels.f32_avgpool({
              ...source(g.f32(data, 'source'), w, channels),
              ...destination(dst, ow, channels),
              ...{ size, stride, outHeight: oh, outWidth: ow, channels },
            });
            return core.f32(dst, oh * ow * channels);
          });
          const want = Array.from(have, (_, i) => {
            const [p, c] = [Math.floor(i / channels), i % channels];
            let sum = 0;
            for (let y = 0; y < size; y++)
              for (let x = 0; x < size; x++) {
                const [yy, xx] = [Math.floor(p / ow) * stride + y, (p % ow) * stride + x];
                sum += data[(yy * w + xx) * channels + c];
              }
            return sum / (size * size);
          });
          assert.ok(relativeError(have, want) < 1e-6, `${size} ${stride} ${h}x${w}x${channels}`);
        }
});

test.run();
