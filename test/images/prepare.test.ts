import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prepareImage } from '../../src/images/prepare.js';
import type { RgbImage } from '../../src/images/types.js';
import { init } from '../../src/index.js';
import { filled } from '../support/filled.js';

const test = suite('images/prepare');
const engine = await init();
const core = engine.acquire();

const picture = (
  width: number,
  height: number,
  value: (x: number, y: number, c: number) => number,
): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  ),
});

test('a picture of the input size is not touched', () => {
  const image = picture(224, 224, (x, y, c) => (7 * x + 3 * y + c) & 255);
  assert.equal(prepareImage(core, image, 224), Float32Array.from(image.data));
});

test('a picture whose shorter side is 256 is only cropped, from the centre', () => {
  for (const [w, h] of [
    [256, 256],
    [300, 256],
    [256, 301],
  ]) {
    const image = picture(w, h, (x, y, c) => (x + 2 * y + 50 * c) & 255);
    const out = prepareImage(core, image, 224);
    const [left, top] = [(w - 224) >> 1, (h - 224) >> 1];
    for (const [y, x] of [
      [0, 0],
      [0, 223],
      [223, 0],
      [100, 17],
    ])
      for (let c = 0; c < 3; c++)
        assert.is(out[(y * 224 + x) * 3 + c], image.data[((y + top) * w + x + left) * 3 + c], `${w}x${h}`);
  }
});

test('a constant picture of any size stays constant', () => {
  for (const [w, h] of [
    [1, 1],
    [1, 500],
    [3000, 2],
    [640, 480],
  ]) {
    const out = prepareImage(
      core,
      picture(w, h, (_x, _y, c) => [200, 100, 0][c]),
      32,
    );
    for (let i = 0; i < out.length; i++)
      assert.ok(Math.abs(out[i] - [200, 100, 0][i % 3]) < 1e-3, `${w}x${h}`);
  }
});

test('extreme aspect ratios take little memory: only the middle is needed', () => {
  const fresh = engine.acquire();
  for (const [w, h] of [
    [5_000_000, 1],
    [1, 5_000_000],
  ]) {
    const image: RgbImage = { width: w, height: h, data: new Uint8Array(3 * w * h).fill(9) };
    assert.ok(filled(prepareImage(fresh, image, 16)).every((v) => Math.abs(v - 9) < 1e-4));
  }
  assert.ok(fresh.bytesPeak < 1 << 20, `${fresh.bytesPeak} bytes`);
  assert.is(fresh.bytesUsed, 0, 'scratch is given back');
  fresh.dispose();
});

test('a ramp keeps its place: no shift by the resize', () => {
  // Value = position of the pixel's centre along x; halving keeps it (away from the border).
  const out = prepareImage(
    core,
    picture(256, 256, (x) => x),
    112,
  );
  for (let x = 10; x < 100; x++) assert.ok(Math.abs(out[(56 * 112 + x) * 3] - (2 * (x + 8) + 0.5)) < 1e-3);
});

test.run();
