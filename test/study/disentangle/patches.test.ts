import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../../src/core/random.js';
import { init } from '../../../src/index.js';
import { balanced, patchAttributes, patchesOf } from '../../../src/study/disentangle/patches.js';
import { filled } from '../../support/filled.js';

const test = suite('study/disentangle/patches');
const { math } = await init();
const SIDE = 64;
const CUT = { size: 32, apex: 16, most: 6 };

/** A picture whose every pixel is `at(x, y)`, RGB. */
function picture(at: (x: number, y: number) => readonly number[]): Float32Array {
  const out = new Float32Array(3 * SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) out.set(at(x, y), 3 * (y * SIDE + x));
  return out;
}
const found = (rgb: Float32Array) => patchesOf(math, rgb, SIDE, CUT, new Rng(3));
const DARK = [40, 40, 40];
const LIGHT = [220, 220, 220];

test('straight edges: orientation of the normal, which side is lighter, colour', () => {
  const upright = filled(found(picture((x) => (x < 32 ? DARK : LIGHT))));
  for (const { values } of upright)
    assert.equal(values, { orientation: 0, curvature: 0, polarity: 1, colour: 0 });
  const turned = found(picture((x) => (x < 32 ? LIGHT : DARK)));
  assert.ok(filled(turned).every(({ values }) => values.polarity === 0));
  const level = found(picture((_, y) => (y < 32 ? DARK : [230, 180, 120])));
  assert.ok(filled(level).every(({ values }) => values.orientation === 2 && values.colour === 1));
  const oblique = found(picture((x, y) => (x + y < 64 ? DARK : [90, 140, 230])));
  assert.ok(filled(oblique).every(({ values }) => values.orientation === 1 && values.colour === 2));
});

test('a disc: curved, and lighter towards its inside', () => {
  const disc = picture((x, y) => ((x - 32) ** 2 + (y - 32) ** 2 < 256 ? LIGHT : DARK));
  const patches = found(disc);
  assert.ok(filled(patches).every(({ values }) => values.curvature === 1));
  const [attribute] = patchAttributes(['polarity'], patches);
  assert.equal(attribute.classes, ['darkening', 'lightening']);
  // Both sides of the disc are among the places.
  assert.equal([...new Set(attribute.labels)].sort(), [0, 1]);
});

test('places that say nothing are left out; patches are the pixels around the place; a seed draws the same again', () => {
  assert.equal(found(picture(() => LIGHT)), [], 'flat');
  assert.equal(found(picture((x) => [100 + (x < 32 ? 0 : 6), 100, 100])), [], 'hardly an edge');
  const edge = picture((x) => (x < 32 ? DARK : LIGHT));
  assert.equal(found(edge), found(edge));
  for (const { pixels } of filled(found(edge))) {
    assert.is(pixels.length, 3 * 32 * 32);
    assert.equal(new Set(pixels), new Set([40, 220]));
  }
});

test('as evenly over combinations of values as there are patches', () => {
  const of = (polarity: number, colour: number) => ({
    pixels: new Uint8Array(0),
    values: { orientation: 0, curvature: 0, polarity, colour },
  });
  const many = [...Array.from({ length: 20 }, () => of(0, 0)), of(1, 0), of(1, 0), of(0, 2)];
  const chosen = balanced(many, ['polarity', 'colour'], 7, new Rng(1));
  assert.equal(chosen.slice(-3), [20, 21, 22], 'the rare ones are all there');
  assert.is(chosen.filter((i) => i < 20).length, 4);
  assert.is(balanced(many, ['polarity'], 100, new Rng(1)).length, 23);
});

test.run();
