import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, SHAPE_CLASSES, shapeImage } from '../../src/index.js';

const test = suite('images/shapes');
const { math } = await init();
const scalar = (await init({ build: 'scalar' })).math;
const SIZE = 48;
const draw = (index: number, seed = 7) => shapeImage(math, seed, index, SIZE);

test('27 classes, each by its name, as often as another', () => {
  assert.is(SHAPE_CLASSES.length, 27);
  assert.is(new Set(SHAPE_CLASSES).size, 27);
  const times = SHAPE_CLASSES.map(() => 0);
  for (let i = 0; i < 540; i++) times[shapeImage(math, 7, i, 8).class]++;
  assert.ok(Math.min(...times) >= 8 && Math.max(...times) <= 35, times.join(' '));
});

test('a function of seed and index, with the bits of every build', async () => {
  const all = new Uint8Array(60 * SIZE * SIZE * 3);
  for (let i = 0; i < 60; i++) all.set(draw(i).image.data, i * SIZE * SIZE * 3);
  const again = shapeImage(scalar, 7, 13, SIZE);
  assert.equal(again, draw(13));
  assert.not.equal(draw(13, 8).image.data, draw(13).image.data);
  assert.is(
    createHash('sha256').update(all).digest('hex'),
    '4de7656f4c765b46523d44be343f2f13363383e0b3cf9d527059d3c0066c23bb',
  );
});

test.run();
