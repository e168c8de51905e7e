import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bothBuilds, onBoth } from '../support/guarded.js';
import { randomValues } from '../support/random.js';

const test = suite('f32_image_input_grad');
const engines = await bothBuilds();

for (const bgr of [0, 1])
  for (const fold of [0, 1])
    test(`what f32_image_input laid out comes back: ${bgr ? 'BGR' : 'RGB'}${fold ? ', folded' : ''}`, () => {
      for (const [height, width, beforeY, beforeX] of [
        [1, 1, 0, 0],
        [5, 4, 2, 3],
        [4, 7, 3, 2],
        [2, 3, 1, 1],
      ]) {
        const image = randomValues(height * width * 3, height);
        const have = onBoth(engines, (g, core) => {
          const rows = fold ? Math.ceil((height + beforeY) / 2) : height + beforeY;
          const pixel = fold ? 48 : 12;
          const columns = fold ? Math.ceil((width + beforeX) / 2) : width + beforeX;
          const dst = g.alloc(rows * columns * pixel, 'laid out');
          const shape = { height, width, beforeY, beforeX, fold, bgr };
          core.kernels.f32_image_input({
            ...{ ...shape, image: g.f32(image, 'image'), dst, dstRow: columns * pixel },
            ...{ mean0: 0, mean1: 0, mean2: 0 },
          });
          const out = g.alloc(4 * image.length, 'gradient');
          core.kernels.f32_image_input_grad({
            ...{ ...shape, srcPixel: pixel, srcRow: columns * pixel, image: out },
            src: fold ? dst : dst + (beforeY * columns + beforeX) * pixel,
          });
          return core.f32(out, image.length);
        });
        assert.equal(have, image, `${height}x${width} behind ${beforeY}, ${beforeX}`);
      }
    });

test.run();
