import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { bothBuilds, onBoth } from '../support/guarded.js';

const test = suite('f32_image_input');
const engines = await bothBuilds();
const MEAN = [104, 117, 123] as const;
/** Of row y % 2 and column x % 2 of 2x2 folded pixels. */
const PLACE = [
  [1, 0],
  [2, 3],
];

for (const fold of [0, 1])
  for (const bgr of [0, 1])
    test(`${fold ? 'folded' : 'plain'}, ${bgr ? 'BGR' : 'RGB'}: every value at its place, the rest untouched`, () => {
      const rng = new Rng(2);
      for (const [h, w] of [
        [1, 1],
        [4, 6],
        [5, 3],
      ])
        for (const [by, bx] of [
          [0, 0],
          [2, 2],
          [3, 3],
          [2, 3],
        ]) {
          const image = Float32Array.from({ length: h * w * 3 }, () => rng.below(256));
          const [ph, pw] = [2 * Math.ceil((h + by + 1) / 2), 2 * Math.ceil((w + bx + 1) / 2)];
          const at = (y: number, x: number, c: number) =>
            fold ? ((y >> 1) * (pw / 2) + (x >> 1)) * 12 + PLACE[y & 1][x & 1] * 3 + c : (y * pw + x) * 3 + c;
          const have = onBoth(engines, (g, core) => {
            const dst = g.f32(new Float32Array(ph * pw * 3).fill(-1), 'input');
            const dstRow = fold ? (pw / 2) * 48 : pw * 12;
            const ok = core.kernels.f32_image_input({
              ...{ image: g.f32(image, 'image'), height: h, width: w, dst, dstRow },
              ...{ beforeY: by, beforeX: bx, fold, bgr, mean0: MEAN[0], mean1: MEAN[1], mean2: MEAN[2] },
            });
            assert.is(ok, 1);
            return core.f32(dst, ph * pw * 3);
          });
          const want = new Float32Array(ph * pw * 3).fill(-1);
          for (let y = 0; y < h; y++)
            for (let x = 0; x < w; x++)
              for (let c = 0; c < 3; c++)
                want[at(y + by, x + bx, c)] = image[(y * w + x) * 3 + (bgr ? 2 - c : c)] - MEAN[c];
          assert.equal(have, want, `${h}x${w} before ${by},${bx}`);
        }
    });

test('NaN and infinities are reported wherever they stand', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (let i = 0; i < 12; i++)
      onBoth(engines, (g, core) => {
        const image = new Float32Array(12).fill(100);
        image[i] = bad;
        const dst = g.alloc(48, 'input');
        const finite = core.kernels.f32_image_input({
          ...{ image: g.f32(image), height: 2, width: 2, dst, dstRow: 24, beforeY: 0, beforeX: 0 },
          ...{ fold: 0, bgr: 0, mean0: 0, mean1: 0, mean2: 0 },
        });
        assert.is(finite, 0);
        return Float32Array.of(finite);
      });
});

test.run();
