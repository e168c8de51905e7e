// Damaged pictures: Node and browsers give the same pixels, or both refuse, by an InputError. Which file is fit to be
// looked at must not depend on where it is opened.
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Rng } from '../../src/index.js';
import { alike, PICTURES, randomBytes, randomPng } from '../support/fuzz-pictures.js';

const test = suite('images/damaged');
/** More by FUZZ=n: mutations of each file. */
const ROUNDS = Number(process.env.FUZZ ?? 60);
const rng = new Rng(11);

const palette = (): [string, Uint8Array] => ['PLTE', randomBytes(48)];
const tRNS = (n: number): [string, Uint8Array] => ['tRNS', randomBytes(n)];

test('PNG: transparency of a wrong length, twice, before its palette; colours that the palette lacks', async () => {
  for (const [colour, depth] of [
    [0, 2],
    [0, 8],
    [0, 16],
    [2, 8],
    [2, 16],
    [3, 4],
    [3, 8],
    [4, 8],
    [6, 8],
  ]) {
    const own = colour === 3 ? [palette()] : [];
    for (const length of [0, 1, 2, 3, 5, 6, 7, 16, 17, 300])
      await alike(
        randomPng(colour, depth, [...own, tRNS(length)]),
        `colour ${colour}, ${depth} bits, tRNS ${length}`,
      );
    await alike(randomPng(colour, depth, [...own, tRNS(2), tRNS(1)]), `colour ${colour}, two tRNS`);
  }
  assert.is(await alike(randomPng(3, 8, [tRNS(3), palette()]), 'tRNS before PLTE'), 'decoded');
  assert.is(await alike(randomPng(3, 8, [palette(), palette()]), 'two palettes'), 'refused');
});

const tiff = (...entry: number[]) => [73, 73, 42, 0, 8, 0, 0, 0, 1, 0, ...entry, 0, 0, 0, 0];
const EXIF: Record<string, number[]> = {
  sound: tiff(18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0),
  'with the prefix of a JPEG': [69, 120, 105, 102, 0, 0, ...tiff(18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0)],
  'orientation 9': tiff(18, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0),
  'orientation as a long': tiff(18, 1, 4, 0, 1, 0, 0, 0, 6, 0, 0, 0),
  'two orientations': tiff(18, 1, 3, 0, 2, 0, 0, 0, 6, 0, 3, 0),
  empty: [],
  short: [77, 77],
  nonsense: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  'cut off': tiff(18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0).slice(0, 19),
  'beyond its end': [73, 73, 42, 0, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  'more entries than there are': [73, 73, 42, 0, 8, 0, 0, 0, 99, 0, 18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],
};

const noise = (width: number, height: number) =>
  sharp(randomBytes(3 * width * height), { raw: { width, height, channels: 3 } });

test('EXIF of every kind of damage, in PNG and JPEG', async () => {
  const jpeg = await noise(16, 9).jpeg().toBuffer();
  for (const [name, block] of Object.entries(EXIF)) {
    assert.is(
      await alike(randomPng(2, 8, [['eXIf', Uint8Array.from(block)]]), `PNG, EXIF ${name}`),
      'decoded',
    );
    const body = [69, 120, 105, 102, 0, 0, ...block];
    const segment = Buffer.from([0xff, 0xe1, 0, body.length + 2, ...body]);
    const file = Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
    assert.is(await alike(file, `JPEG, EXIF ${name}`), 'decoded');
  }
});

test(`bits turned, bytes put in and ends cut off: ${ROUNDS} times each`, async () => {
  const met = { refused: 0, decoded: 0 };
  for (const [name, file] of Object.entries(PICTURES))
    for (let round = 0; round < ROUNDS; round++) {
      let mutant = Buffer.from(file);
      const at = rng.below(mutant.length);
      const way = rng.below(6);
      if (way === 0) mutant = mutant.subarray(0, at);
      else if (way === 1)
        mutant = Buffer.concat([mutant.subarray(0, at), randomBytes(1), mutant.subarray(at)]);
      else for (let n = 0; n <= rng.below(3); n++) mutant[rng.below(mutant.length)] ^= 1 << rng.below(8);
      met[await alike(mutant, `${name}, round ${round} (way ${way}, at ${at})`)]++;
    }
  assert.ok(met.refused > ROUNDS && met.decoded > ROUNDS / 2, JSON.stringify(met));
});

test.run();
