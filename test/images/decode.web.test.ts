// The decoder of browsers gives the pixels of Node's (sharp), or refuses by name. It runs in Node here,
// and on a few pictures in real browsers.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256 } from '../../src/core/hash.js';
import { decodeImage as nodeDecode } from '../../src/images/decode.node.js';
import { decodeImage } from '../../src/images/decode.web.js';
import { isJpeg } from '../../src/images/jpeg-markers.js';
import { MAX_PIXELS } from '../../src/images/limits.js';
import type { RgbImage } from '../../src/images/types.js';
import { InputError, Rng } from '../../src/index.js';
import { hasBrowser, missingBrowser } from '../support/browser.js';
import { filled } from '../support/filled.js';
import { ADOBE, GREY, jpegWith, P3, pngWith } from '../support/icc.js';
import { SHARED, sharedTest } from '../support/paths.js';
import { ADAM7, png, SAMPLES, u32 } from '../support/png.js';
import { rejection } from '../support/rejection.js';
import { Tabs } from '../support/tab.js';

const test = suite('images/decode.web');

const rng = new Rng(3);
const byte = () => rng.below(256);
const noise = (width: number, height: number) =>
  sharp(Uint8Array.from({ length: 3 * width * height }, byte), { raw: { width, height, channels: 3 } });

/** What sharp makes of a picture without alpha or profile. */
async function bySharp(bytes: Uint8Array): Promise<RgbImage> {
  const { data, info } = await sharp(bytes)
    .rotate()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.is(info.channels, 3);
  return { width: info.width, height: info.height, data };
}

/** Both give the same pixels; of JPEGs, which both decode by the same code, sharp gives them, too. */
async function same(bytes: Uint8Array, name: string): Promise<void> {
  const got = await decodeImage(bytes, name);
  const others = [await nodeDecode(bytes, name)];
  if (isJpeg(bytes)) others.push(await bySharp(bytes));
  for (const wanted of others) {
    assert.equal([got.width, got.height], [wanted.width, wanted.height], name);
    assert.ok(Buffer.from(got.data).equals(Buffer.from(wanted.data)), `${name}: other pixels`);
  }
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
  // 1 x 1 pixel, 200 MB behind it: one piece is unpacked, which with fflate's growing buffers takes 50 MB.
  const bomb = png([...u32(1), ...u32(1), 8, 0, 0, 0, 0], zeros(200e6));
  const before = process.memoryUsage().arrayBuffers;
  assert.equal([...(await decodeImage(bomb, 'x')).data], [0, 0, 0]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 100e6);
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
  assert.ok(compared > 500);
  assert.equal(disagreements, []);
});

/** Pictures of every decoder and filter, by name. */
async function pictures(): Promise<Record<string, Buffer>> {
  const picture = noise(101, 67).blur(2);
  const raw = (channels: 1 | 3 | 4) =>
    sharp(Uint8Array.from({ length: 37 * 21 * channels }, byte), {
      raw: { width: 37, height: 21, channels },
    });
  const zip = deflateSync(Uint8Array.from([0, 9, 9, 9]));
  const rgb = [...u32(1), ...u32(1), 8, 2, 0, 0, 0];
  const exif = { IFD0: { Orientation: '6' } };
  const found: Record<string, Buffer> = {
    'baseline.jpg': await picture.clone().jpeg().toBuffer(),
    'progressive-444.jpg': await picture
      .clone()
      .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'mozjpeg.jpg': await picture.clone().jpeg({ mozjpeg: true }).toBuffer(),
    'grey.jpg': await raw(1).toColourspace('b-w').jpeg().toBuffer(),
    'turned.jpg': await noise(21, 13).withExif(exif).jpeg().toBuffer(),
    'rgb.png': await raw(3).png().toBuffer(),
    'alpha-interlaced.png': await raw(4).png({ progressive: true }).toBuffer(),
    '16-bit.png': await raw(3).toColourspace('rgb16').png().toBuffer(),
    'palette.png': await picture.clone().png({ palette: true }).toBuffer(),
    'trailing.png': Buffer.from(png(rgb, Buffer.concat([zip, Buffer.from('more')]))),
    'short.png': Buffer.from(png(rgb, zip.subarray(0, -6))),
    'p3.jpg': jpegWith(await picture.clone().jpeg().toBuffer(), P3, 300),
    'p3-turned.jpg': jpegWith(await noise(21, 13).withExif(exif).jpeg().toBuffer(), P3),
    'adobe-alpha.png': pngWith(await raw(4).png().toBuffer(), ADOBE),
    'p3-16-bit.png': pngWith(await raw(3).toColourspace('rgb16').png().toBuffer(), P3),
    'grey-gamma.jpg': jpegWith(await raw(1).toColourspace('b-w').jpeg().toBuffer(), GREY),
    'cut.jpg': (await picture.clone().jpeg().toBuffer()).subarray(0, 900),
  };
  const dir = join(SHARED, 'images');
  if (existsSync(dir))
    for (const file of readdirSync(dir).slice(0, 4)) found[file] = readFileSync(join(dir, file));
  return found;
}

/** Size and pixels, or the message of the refusal. */
const outcome = (decode: typeof decodeImage, bytes: Uint8Array, name: string): Promise<string> =>
  decode(bytes, name).then(
    async ({ width, height, data }) => `${width}x${height} ${await sha256(data)}`,
    (error) => String(error),
  );

for (const browser of ['chromium', 'firefox'] as const) {
  const name = `in ${browser}: the pixels of Node, and the same refusals`;
  if (!hasBrowser(browser)) {
    console.log(`skipped: '${name}' ${missingBrowser(browser)}`);
    test.skip(name, () => {});
    continue;
  }
  test(name, async () => {
    const tabs = Tabs.shared(browser);
    try {
      await tabs.serve();
      const page = await tabs.open();
      const files = await pictures();
      const base64 = Object.entries(files).map(([name, bytes]) => [name, bytes.toString('base64')]);
      const got = await page.evaluate(async (files) => {
        const module = '/dist/src/images/decode.web.js';
        const { decodeImage } = (await import(module)) as typeof import('../../src/images/decode.web.js');
        const outcomes: [string, string][] = [];
        for (const [name, text] of files) {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const said = await decodeImage(bytes, name).then(async ({ width, height, data }) => {
            const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data as BufferSource));
            const hash = Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('');
            return `${width}x${height} ${hash}`;
          }, String);
          outcomes.push([name, said]);
        }
        return outcomes;
      }, base64);
      for (const [name, said] of filled(got)) {
        assert.is(said, await outcome(decodeImage, files[name], name), name);
        const wanted = await outcome(nodeDecode, files[name], name);
        if (!wanted.includes('Error')) assert.is(said, wanted, name);
        else assert.match(said, /Error/, name);
      }
      assert.is(got.filter(([, said]) => said.includes('Error')).length, 2);
    } finally {
      await tabs.end();
    }
  });
}

test.run();
