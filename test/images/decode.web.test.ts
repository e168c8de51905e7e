// The decoder of browsers gives the pixels of Node's (sharp), or refuses by name.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeImage as nodeDecode } from '../../src/images/decode.node.js';
import { decodeImage } from '../../src/images/decode.web.js';
import { MAX_PIXELS } from '../../src/images/limits.js';
import { InputError, Rng } from '../../src/index.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { ADAM7, png, SAMPLES, u32 } from '../support/png.js';
import { rejection } from '../support/rejection.js';

const test = suite('images/decode.web');

const rng = new Rng(3);
const byte = () => rng.below(256);
const noise = (width: number, height: number) =>
  sharp(Uint8Array.from({ length: 3 * width * height }, byte), { raw: { width, height, channels: 3 } });

/** Both give the same pixels. */
async function same(bytes: Uint8Array, name: string): Promise<void> {
  const [wanted, got] = [await nodeDecode(bytes, name), await decodeImage(bytes, name)];
  assert.equal([got.width, got.height], [wanted.width, wanted.height], name);
  assert.ok(Buffer.from(got.data).equals(Buffer.from(wanted.data)), `${name}: other pixels`);
}

sharedTest(test, 'images', 'JPEG: photographs', async () => {
  const dir = join(SHARED, 'images');
  for (const file of readdirSync(dir).slice(0, 60)) await same(readFileSync(join(dir, file)), file);
});

test('JPEG: sizes, subsampling, progressive, grey, quality', async () => {
  for (const [width, height] of [
    [1, 1],
    [2, 3],
    [17, 9],
    [101, 67],
  ])
    for (const options of [
      {},
      { chromaSubsampling: '4:4:4' },
      { progressive: true },
      { mozjpeg: true },
      { quality: 20 },
      { quality: 100 },
    ])
      for (const grey of [false, true]) {
        const picture = noise(width, height).blur(2);
        if (grey) picture.greyscale().toColourspace('b-w');
        const name = `${width}x${height} ${JSON.stringify(options)} grey ${grey}`;
        await same(await picture.jpeg(options).toBuffer(), name);
      }
});

test('PNG: every colour type and depth, interlaced or not, with transparency, every filter', async () => {
  const depths: Record<number, number[]> = {
    0: [1, 2, 4, 8, 16],
    2: [8, 16],
    3: [1, 2, 4, 8],
    4: [8, 16],
    6: [8, 16],
  };
  for (const colour of [0, 2, 3, 4, 6])
    for (const depth of depths[colour])
      for (const interlaced of [0, 1])
        for (const [w, h] of [
          [1, 1],
          [3, 2],
          [13, 7],
          [33, 21],
        ])
          for (const transparent of colour < 4 ? [false, true] : [false]) {
            const rows: number[] = [];
            for (const [x0, y0, dx, dy] of interlaced ? ADAM7 : [[0, 0, 1, 1]]) {
              const width = Math.ceil((w - x0) / dx);
              const height = Math.ceil((h - y0) / dy);
              if (width <= 0 || height <= 0) continue;
              const length = Math.ceil((width * depth * SAMPLES[colour]) / 8);
              for (let y = 0; y < height; y++) rows.push(rng.below(5), ...Array.from({ length }, byte));
            }
            const extra: [string, Uint8Array][] = [];
            if (colour === 3) extra.push(['PLTE', Uint8Array.from({ length: 3 * 2 ** depth }, byte)]);
            if (transparent)
              extra.push([
                'tRNS',
                colour === 3
                  ? Uint8Array.from({ length: 2 ** (depth - 1) }, byte)
                  : Uint8Array.from({ length: 2 * SAMPLES[colour] }, (_, i) =>
                      depth === 16 ? byte() : i % 2 ? rng.below(2 ** depth) : 0,
                    ),
              ]);
            const ihdr = [...u32(w), ...u32(h), depth, colour, 0, 0, interlaced];
            const name = `colour ${colour}, ${depth} bits, interlaced ${interlaced}, ${w}x${h}, tRNS ${transparent}`;
            await same(png(ihdr, deflateSync(Uint8Array.from(rows)), extra), name);
          }
});

test('EXIF rotation: all eight, in JPEG and in PNG', async () => {
  for (let orientation = 1; orientation <= 8; orientation++)
    for (const format of ['jpeg', 'png'] as const) {
      const exif = { IFD0: { Orientation: String(orientation) } };
      await same(await noise(21, 13).withExif(exif)[format]().toBuffer(), `${format} ${orientation}`);
    }
});

test('what is not decoded to the same pixels is refused with the reason', async () => {
  const cases: [Buffer, RegExp][] = [
    [
      await noise(8, 8).webp().toBuffer(),
      /^x: is not a picture that can be decoded here \(JPEG and PNG are\)$/,
    ],
    [await noise(8, 8).toColourspace('cmyk').jpeg().toBuffer(), /^x: is CMYK, which is decoded in Node only/],
  ];
  for (const [bytes, message] of cases) {
    assert.ok((await nodeDecode(bytes, 'x')).data.length);
    const error = await rejection(decodeImage(bytes, 'x'));
    assert.instance(error, InputError);
    assert.match(error.message, message);
  }
});

test('refused before memory is taken: too many pixels, zero sizes, bombs; empty files, other files', async () => {
  const zeros = (n: number) => deflateSync(new Uint8Array(n));
  const jpeg = await noise(8, 8).jpeg().toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const huge = Buffer.from(jpeg);
  huge.writeUInt32BE(0xffff_ffff, frame + 5);
  const none = Buffer.from(jpeg);
  none.writeUInt16BE(0, frame + 7);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /^x: is empty/],
    [Buffer.from('hello'), /^x: is not a picture/],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /^x: is not a picture/],
    [
      png([...u32(40000), ...u32(25000), 8, 2, 0, 0, 0], zeros(9)),
      new RegExp(`limit of ${MAX_PIXELS} pixels`),
    ],
    [png([...u32(0), ...u32(5), 8, 0, 0, 0, 0], zeros(5)), /header is damaged/],
    [huge, new RegExp(`limit of ${MAX_PIXELS} pixels \\(65535 x 65535\\)`)],
    [none, /^x: it is damaged/],
  ];
  for (const [bytes, message] of cases) {
    const error = await rejection(decodeImage(bytes, 'x'));
    assert.instance(error, InputError);
    assert.match(error.message, message);
  }
  // 1 x 1 pixel, 200 MB behind it: no more is unpacked than the pixel needs.
  const bomb = png([...u32(1), ...u32(1), 8, 0, 0, 0, 0], zeros(200e6));
  const before = process.memoryUsage().arrayBuffers;
  assert.equal([...(await decodeImage(bomb, 'x')).data], [0, 0, 0]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 50e6);
});

test('truncated or damaged anywhere: an InputError or a picture, as in Node', async () => {
  const files = [
    await noise(6, 4).png().toBuffer(),
    await noise(33, 21).blur(1).jpeg().toBuffer(),
    await noise(33, 21).blur(1).jpeg({ progressive: true }).toBuffer(),
  ];
  const settle = (decode: typeof decodeImage, bytes: Uint8Array) =>
    decode(bytes, 'x').then(
      (image) => Buffer.from(image.data).toString('base64'),
      (error) => {
        assert.instance(error, InputError);
        return 'refused';
      },
    );
  let compared = 0;
  const disagreements: string[] = [];
  const compare = async (bytes: Uint8Array, what: string) => {
    const [wanted, got] = [await settle(nodeDecode, bytes), await settle(decodeImage, bytes)];
    compared++;
    if (wanted !== got) disagreements.push(`${what}: Node ${wanted.slice(0, 9)}, browser ${got.slice(0, 9)}`);
  };
  for (const [f, file] of files.entries()) {
    for (let n = 1; n < file.length; n += 3)
      await compare(file.subarray(0, n), `${f} cut to ${n} of ${file.length}`);
    for (let at = 0; at < file.length; at += 5) {
      const bad = Uint8Array.from(file);
      bad[at] ^= 0x55;
      await compare(bad, `${f} damaged at ${at} of ${file.length}`);
    }
  }
  // Damage that keeps the file valid may leave coefficients out of range, which the SIMD code of
  // Node's libjpeg cuts off otherwise than its C code.
  assert.ok(disagreements.length < 0.01 * compared, `${compared}: ${disagreements.join('; ')}`);
});

test.run();
