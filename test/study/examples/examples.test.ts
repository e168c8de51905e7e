// Where a place lies on its picture, what is shown of it, and places drawn at random.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSession, description, embeddedModel, init, tapInfo } from '../../../src/index.js';
import type { LoadedSae } from '../../../src/sae/inference.js';
import { StrongestPlaces } from '../../../src/study/examples/crops.js';
import { fieldsOf, placeOf, windowOf } from '../../../src/study/examples/fields.js';
import { randomSpots } from '../../../src/study/examples/spots.js';
import { tileOf } from '../../../src/study/examples/tiles.js';
import { filled } from '../../support/filled.js';

const test = suite('study/examples');

test('fields: of a concat those of its branches', () => {
  const network = description('googlenet');
  const fields = fieldsOf(network, tapInfo(network, 'mixed3b'));
  const runs = [0, 128, 320, 416, 479].map((u) => fields[u]);
  assert.equal(runs, [59, 75, 91, 75, 75], '1x1, 3x3, 5x5, pool (METHODS 1.6)');
  assert.equal([...new Set(fieldsOf(network, tapInfo(network, 'mixed3b_5x5')))], [91]);
  assert.equal([...new Set(fieldsOf(network, tapInfo(network, 'mixed3b_pre_relu')))].sort(), [59, 75, 91]);
});

test('a crop is what the place sees: pixels outside change nothing, the outermost inside do', async () => {
  const engine = await init();
  const model = await embeddedModel(engine.math);
  const session = createSession(engine, model, { taps: ['conv2d2_pre_relu'] });
  const info = session.info('conv2d2');
  const size = 224;
  const grey = new Float32Array(size * size * 3).fill(120);
  const at = (picture: Float32Array, row: number, column: number) => {
    session.run(picture);
    const from = (row * info.width + column) * info.channels;
    return session.tap('conv2d2_pre_relu').slice(from, from + info.channels);
  };
  // Winograd's tiles reach further than the field, and what they see there cancels but for rounding.
  const change = (a: Float32Array, b: Float32Array) =>
    a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
  for (const [row, column] of [
    [20, 31],
    [0, 55],
  ]) {
    const { crop } = placeOf(info, size, info.field, row * info.width + column);
    const [x0, y0, x1, y1] = crop;
    const before = at(grey, row, column);
    const outside = grey.slice();
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        if (x < x0 || x >= x1 || y < y0 || y >= y1)
          outside.fill(250, (y * size + x) * 3, (y * size + x) * 3 + 3);
    assert.ok(
      change(at(outside, row, column), before) < 1e-4,
      `${crop}: ${change(at(outside, row, column), before)}`,
    );
    for (const [y, x] of [
      [y0, (x0 + x1) >> 1],
      [y1 - 1, (x0 + x1) >> 1],
      [(y0 + y1) >> 1, x0],
      [(y0 + y1) >> 1, x1 - 1],
    ]) {
      const inside = grey.slice();
      inside.fill(250, (y * size + x) * 3, (y * size + x) * 3 + 3);
      assert.ok(
        change(at(inside, row, column), before) > 1e-2,
        `pixel ${y}, ${x} of ${crop}: ${change(at(inside, row, column), before)}`,
      );
    }
  }
  session.dispose();
});

test('places and windows: clipped and whole; of a field wider than the picture, the picture', () => {
  const info = { stride: 8, centre: 6, width: 28 };
  assert.equal(placeOf(info, 224, 91, 3 * 28 + 27), {
    ...{ y: 30, x: 222, crop: [177, 0, 224, 76], row: 3, column: 27 },
  });
  assert.equal(windowOf(info, 224, 91, 3 * 28 + 27), { left: 177, top: -15, side: 91 });
  assert.equal(windowOf(info, 224, 715, 5), { left: 0, top: 0, side: 224 });
  assert.equal(placeOf({ stride: 32, centre: 126, width: 1 }, 224, 907, 0).crop, [0, 0, 224, 224]);
});

test('parts of pictures: means over whole pixels, larger ones repeated, grey outside', () => {
  const size = 8;
  const pixels = Uint8Array.from(
    { length: size * size * 3 },
    (_, i) => (Math.floor(i / 3) % size) * 10 + (i % 3),
  );
  const red = (tile: Uint8Array, side: number) => Array.from({ length: side }, (_, x) => tile[3 * x]);
  assert.equal(red(tileOf(pixels, size, { left: 0, top: 0, side: 8 }, 4), 4), [5, 25, 45, 65]);
  assert.equal(red(tileOf(pixels, size, { left: 2, top: 0, side: 2 }, 4), 4), [20, 20, 30, 30]);
  assert.equal(red(tileOf(pixels, size, { left: 6, top: 0, side: 4 }, 4), 4), [60, 70, 96, 96]);
  assert.equal(red(tileOf(pixels, size, { left: 0, top: -8, side: 8 }, 4), 4), [96, 96, 96, 96]);
});

test('random places: uniform over pictures and positions, one of a picture, the same of a seed', () => {
  const pictures = [2, 3, 5, 7, 11, 13];
  const spots = randomSpots(pictures, 49, 4, 1);
  assert.is(new Set(spots.map(({ picture }) => picture)).size, 4);
  assert.equal(randomSpots(pictures, 49, 4, 1), spots);
  assert.not.equal(randomSpots(pictures, 49, 4, 2), spots);
  assert.is(randomSpots(pictures, 49, 9, 1).length, 6);
  const counts = new Int32Array(49);
  for (let seed = 0; seed < 1000; seed++)
    for (const { position } of randomSpots(pictures, 49, 6, seed)) counts[position]++;
  // 6000 of 49 places: 122 each, with a deviation of 11.
  assert.ok(
    filled(counts).every((n) => Math.abs(n - 122) < 5 * 11),
    `${counts}`,
  );
});

test('strongest of sampled places: one of a picture, in order, of neurons and features alike', () => {
  // Three pictures of two places of two neurons; the feature is the sum of both.
  const places = {
    vectors: Float32Array.of(1, 0, 4, 1, 3, 0, 2, 9, 0, 0, 0, 5),
    image: Int32Array.of(0, 0, 1, 1, 4, 4),
    position: Int32Array.of(10, 11, 20, 21, 30, 31),
  };
  const sae = {
    visit(x: Float32Array, n: number, take: (first: number, count: number, lists: object) => void) {
      const value = Float32Array.from({ length: n }, (_, i) => x[2 * i] + x[2 * i + 1]);
      const start = Int32Array.from({ length: n + 1 }, (_, i) => i);
      take(0, n, { start, index: new Int32Array(n).fill(7), value });
    },
  } as unknown as LoadedSae;
  const units = [
    { kind: 'neurons' as const, index: 0 },
    { kind: 'features' as const, index: 7 },
  ];
  const found = new StrongestPlaces(units, sae, 2, 8);
  found.add(places);
  assert.is(found.places, 6);
  assert.equal(found.spots(0), [
    { picture: 0, position: 11, value: 4 },
    { picture: 1, position: 20, value: 3 },
  ]);
  assert.equal(found.spots(1), [
    { picture: 1, position: 21, value: 11 },
    { picture: 0, position: 11, value: 5 },
  ]);
  const one = new StrongestPlaces(units, sae, 2, 1);
  one.add(places);
  assert.equal(one.spots(0)[0], { picture: 1, position: 20, value: 3 }, 'the first place of each');
});

test.run();
