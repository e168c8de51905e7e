import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPng } from '../../src/images/png.js';
import { encodePng } from '../../src/images/png-write.js';
import { Rng } from '../../src/index.js';

const test = suite('images/png-write');

test('what is written is read again, noise and flat colours, any shape', () => {
  const rng = new Rng(1);
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [16, 5],
    [7, 31],
  ])
    for (const most of [1, 2, 256]) {
      const rgb = Uint8Array.from({ length: 3 * width * height }, () => rng.below(most));
      const { rgba, ...header } = readPng(encodePng(rgb, width, height));
      assert.equal([header.width, header.height, header.depth, header.colour], [width, height, 8, 2]);
      assert.equal(
        Array.from(rgba).filter((_, i) => i % 4 < 3),
        Array.from(rgb),
      );
    }
});

test('slopes are filtered: a smooth picture is smaller than noise', () => {
  const side = 64;
  const smooth = Uint8Array.from(
    { length: 3 * side * side },
    (_, i) => Math.floor(i / 3 / side) + (i % (3 * side)),
  );
  const rng = new Rng(2);
  const noise = smooth.map(() => rng.below(256));
  assert.ok(encodePng(smooth, side, side).length < encodePng(noise, side, side).length / 8);
});

test.run();
