import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeFile, decodeImage } from '../../src/images/decode.node.js';
import { MAX_PIXELS } from '../../src/images/limits.js';
import type { RgbImage } from '../../src/images/types.js';
import { InputError } from '../../src/index.js';
import { png, u32 } from '../support/png.js';
import { rejection } from '../support/rejection.js';

const test = suite('images/decode');

const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];
const near = (a: number[], b: number[], by: number, message?: string) => {
  for (let c = 0; c < 3; c++) assert.ok(Math.abs(a[c] - b[c]) <= by, `${message ?? ''}: ${a} is not ${b}`);
};

/** 6x4: left half red, right half blue; top left pixel white. */
const SOURCE = Uint8Array.from({ length: 72 }, (_, i) => {
  const x = Math.floor(i / 3) % 6;
  if (i < 3) return 255;
  return i % 3 === (x < 3 ? 0 : 2) ? 255 : 0;
});
const raw = () => sharp(SOURCE, { raw: { width: 6, height: 4, channels: 3 } });

test('JPEG, PNG, WebP, GIF, TIFF; progressive, interlaced, palette', async () => {
  const files: [string, Buffer, number][] = [
    ['png', await raw().png().toBuffer(), 0],
    ['interlaced png', await raw().png({ progressive: true }).toBuffer(), 0],
    ['palette png', await raw().png({ palette: true }).toBuffer(), 2],
    ['lossless webp', await raw().webp({ lossless: true }).toBuffer(), 0],
    ['tiff', await raw().tiff({ compression: 'lzw' }).toBuffer(), 0],
    ['gif', await raw().gif().toBuffer(), 4],
    [
      'jpeg',
      await raw()
        .resize(48, 32, { kernel: 'nearest' })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer(),
      8,
    ],
    [
      'progressive jpeg',
      await raw()
        .resize(48, 32, { kernel: 'nearest' })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4', progressive: true })
        .toBuffer(),
      8,
    ],
  ];
  for (const [name, bytes, by] of files) {
    const image = await decodeImage(bytes, name);
    const k = image.width / 6;
    assert.is(image.height, 4 * k, name);
    assert.is(image.data.length, 3 * image.width * image.height);
    near(pixel(image, 0, 0), [255, 255, 255], by, name);
    near(pixel(image, k, 3 * k), [255, 0, 0], by, name);
    near(pixel(image, 5 * k, 1 * k), [0, 0, 255], by, name);
  }
});

test('grey, grey with alpha, 16 bit and CMYK become 8-bit RGB', async () => {
  const grey = (channels: 1 | 2, data: number[]) =>
    sharp(Uint8Array.from(data), { raw: { width: 2, height: 1, channels } });
  const g = await decodeImage(await grey(1, [10, 200]).toColourspace('b-w').png().toBuffer(), 'grey');
  assert.equal([...g.data], [10, 10, 10, 200, 200, 200]);
  const ga = await decodeImage(await grey(2, [10, 255, 200, 0]).png().toBuffer(), 'grey alpha');
  assert.equal([...ga.data], [10, 10, 10, 255, 255, 255]);
  // 16 bit RGB: 0x1234 -> 0x12.
  const deep = png(
    [...u32(1), ...u32(1), 16, 2, 0, 0, 0],
    deflateSync(Uint8Array.of(0, 0x12, 0x34, 0xff, 0xff, 0, 0)),
  );
  near(pixel(await decodeImage(deep, '16 bit'), 0, 0), [0x12, 255, 0], 1);
  const cmyk = await raw()
    .resize(48, 32, { kernel: 'nearest' })
    .toColourspace('cmyk')
    .jpeg({ quality: 100 })
    .toBuffer();
  assert.is((await sharp(cmyk).metadata()).space, 'cmyk');
  const image = await decodeImage(cmyk, 'cmyk');
  assert.is(image.data.length, 48 * 32 * 3);
  const [r, , b] = pixel(image, 12, 20);
  assert.ok(r > 150 && b < 100, `red stays red: ${pixel(image, 12, 20)}`);
});

test('alpha is composited on white', async () => {
  const rgba = Uint8Array.of(255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 255);
  const bytes = await sharp(rgba, { raw: { width: 2, height: 2, channels: 4 } })
    .png()
    .toBuffer();
  const image = await decodeImage(bytes, 'alpha');
  assert.equal(pixel(image, 0, 0), [255, 0, 0]);
  assert.equal(pixel(image, 1, 0), [255, 255, 255]);
  near(pixel(image, 0, 1), [127, 127, 127], 1);
  // A palette entry made transparent by tRNS.
  const trns = png([...u32(1), ...u32(1), 8, 3, 0, 0, 0], deflateSync(Uint8Array.of(0, 0)), [
    ['PLTE', Uint8Array.of(9, 9, 9)],
    ['tRNS', Uint8Array.of(0)],
  ]);
  assert.equal(pixel(await decodeImage(trns, 'tRNS'), 0, 0), [255, 255, 255]);
});

test('EXIF rotation is applied', async () => {
  for (const [orientation, width, height, white] of [
    [1, 6, 4, [0, 0]],
    [3, 6, 4, [5, 3]],
    [6, 4, 6, [3, 0]],
    [8, 4, 6, [0, 5]],
  ] as [number, number, number, [number, number]][]) {
    const bytes = await raw().withMetadata({ orientation }).png().toBuffer();
    const image = await decodeImage(bytes, 'exif');
    assert.equal([image.width, image.height], [width, height], `orientation ${orientation}`);
    assert.equal(pixel(image, ...white), [255, 255, 255], `orientation ${orientation}`);
  }
});

test('an ICC profile is applied: Display P3 becomes sRGB', async () => {
  const green = () => sharp({ create: { width: 16, height: 16, channels: 3, background: '#20c040' } });
  const bytes = await green().withIccProfile('p3').png().toBuffer();
  const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
  assert.ok(Math.abs(stored[0] - 0x20) > 20, 'the file holds other numbers');
  near(pixel(await decodeImage(bytes, 'p3'), 8, 8), [0x20, 0xc0, 0x40], 3);
});

test('APNG and polyglots: the still picture', async () => {
  const pixels = deflateSync(Uint8Array.of(0, 10, 20, 30));
  const animated = png([...u32(1), ...u32(1), 8, 2, 0, 0, 0], pixels, [
    ['acTL', Uint8Array.from([...u32(1), ...u32(0)])],
    ['fcTL', Uint8Array.from([...u32(0), ...u32(1), ...u32(1), ...u32(0), ...u32(0), 0, 1, 0, 10, 0, 0])],
  ]);
  assert.equal(pixel(await decodeImage(animated, 'apng'), 0, 0), [10, 20, 30]);
  const polyglot = Buffer.concat([
    await raw().png().toBuffer(),
    Buffer.from('PK\x03\x04<script>alert(1)</script>'),
  ]);
  assert.equal((await decodeImage(polyglot, 'polyglot')).data, SOURCE);
});

test('an animation gives its first frame', async () => {
  const frames = Buffer.concat([Buffer.alloc(12, 200), Buffer.alloc(12, 10)]);
  const bytes = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
    .gif({ loop: 0, delay: [10, 10] })
    .toBuffer();
  const image = await decodeImage(bytes, 'gif');
  assert.equal([image.width, image.height], [2, 2]);
  near(pixel(image, 1, 1), [200, 200, 200], 4);
});

test('refused by name: empty, not a picture, SVG under another name, zero size, too many pixels', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  // 14000 x 14000 zeros in a file of some 200 KB.
  const big = png([...u32(14000), ...u32(14000), 8, 0, 0, 0, 0], deflateSync(new Uint8Array(14001 * 14000)));
  assert.ok(big.length < 700_000);
  const cases: [string, Uint8Array, RegExp][] = [
    ['empty.png', new Uint8Array(0), /^empty\.png: is empty/],
    ['text.jpg', Buffer.from('hello'), /^text\.jpg: is not a picture/],
    ['drawing.png', Buffer.from(svg), /^drawing\.png: is not a picture/],
    ['zero.png', png([...u32(0), ...u32(5), 8, 0, 0, 0, 0], deflateSync(new Uint8Array(5))), /^zero\.png: /],
    [
      'huge.png',
      png([...u32(40000), ...u32(25000), 8, 2, 0, 0, 0], new Uint8Array(9)),
      new RegExp(`limit of ${MAX_PIXELS} pixels`),
    ],
    ['bomb.png', big, new RegExp(`limit of ${MAX_PIXELS} pixels`)],
  ];
  for (const [name, bytes, reason] of cases) {
    const error = await rejection(decodeImage(bytes, name));
    assert.instance(error, InputError);
    assert.match(error.message, reason);
    assert.not.match(error.message, /\n/);
  }
});

test('a picture under the wrong extension is decoded by its content', async () => {
  const image = await decodeImage(await raw().png().toBuffer(), 'really-a-png.jpg');
  assert.equal(image.data, SOURCE);
});

test('truncated anywhere or damaged: an InputError or a picture of the declared size, never a crash', async () => {
  const file = await raw().png().toBuffer();
  const jpeg = await raw().resize(48, 32).jpeg().toBuffer();
  for (const bytes of [file, jpeg]) {
    const whole = await decodeImage(bytes, 'x');
    for (let n = 0; n < bytes.length; n += bytes.length < 300 ? 1 : 7) {
      const error = await decodeImage(bytes.subarray(0, n), 'x').then(
        () => undefined,
        (e) => e,
      );
      // Cut in the last bytes (checksum, end mark) all pixels may be there already.
      if (n < bytes.length - 30) assert.instance(error, InputError, `cut to ${n} of ${bytes.length}`);
    }
    for (let at = 0; at < bytes.length; at += 5) {
      const bad = Uint8Array.from(bytes);
      bad[at] ^= 0x55;
      await decodeImage(bad, 'x').then(
        (image) => assert.is(image.data.length, 3 * image.width * image.height),
        (e) => assert.instance(e, InputError),
      );
    }
    assert.ok(whole.width > 0);
  }
});

test('files: missing and unreadable ones are named', async () => {
  const dir = await fsp.mkdtemp(join(tmpdir(), 'curvesae-decode-'));
  assert.match(
    (await rejection(decodeFile(join(dir, 'no.png'), 'no.png'))).message,
    /^no\.png: no such file/,
  );
  assert.match((await rejection(decodeFile(dir, 'folder'))).message, /^folder: not a regular file/);
  await fsp.rm(dir, { recursive: true });
});

test.run();
