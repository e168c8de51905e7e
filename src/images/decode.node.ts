// Picture files -> RGB, with sharp (libvips). Grey, palette, CMYK and 16 bit become
// 8-bit sRGB; EXIF rotation is applied; alpha is composited on white; animations give
// their first frame. The colour profile of a JPEG or PNG is applied by the arithmetic that
// browsers have (icc-convert.ts), not by sharp's, where it can be.
import sharp, { type Sharp } from 'sharp';
import { InputError } from '../core/errors.js';
import { readRegularFile } from '../formats/read-file.node.js';
import { flattenOnWhite } from './flatten.js';
import { type Conversion, conversionToSrgb } from './icc-convert.js';
import { isJpeg, readJpegHeader } from './jpeg-markers.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './limits.js';
import { isGrey, isPng, readPngHeader } from './png.js';
import type { RgbImage } from './types.js';

sharp.cache(false); // a study visits each file once
sharp.concurrency(1); // parallelism is one picture per worker
// Pictures only: libvips would also open SVG, PDF and other documents, whatever the file's name.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((kind) => `VipsForeignLoad${kind}`),
});

/** Decodes the bytes of one picture. InputError names the picture and the reason. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<RgbImage> {
  try {
    // What libjpeg makes up for damaged data differs between versions: refused, as in browsers.
    const failOn = isJpeg(bytes) ? 'warning' : 'error';
    const colours = coloursOf(bytes);
    const toSrgb = colours && conversionToSrgb(colours.icc, colours);
    const ignoreIcc = colours !== undefined && toSrgb !== 'tables';
    const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn, ignoreIcc }).rotate();
    if (typeof toSrgb === 'function') return await converted(picture, toSrgb, colours!.depth);
    picture.flatten({ background: '#ffffff' }).toColourspace('srgb');
    // Profiles of 16-bit pictures sharp applies towards Display P3; this takes them on to sRGB.
    if (!ignoreIcc) {
      const { space, icc } = await picture.metadata();
      if (space === 'rgb16' && icc) picture.withIccProfile('srgb');
    }
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (cause) {
    throw new InputError(`${name}: ${explain((cause as Error).message, bytes.byteLength)}`, { cause });
  }
}

interface Colours {
  icc?: Uint8Array;
  grey: boolean;
  depth: 8 | 16;
}

/** undefined: colours are left to sharp, and so is saying what is wrong with a damaged file. */
function coloursOf(bytes: Uint8Array): Colours | undefined {
  try {
    if (isJpeg(bytes)) {
      const { icc, components, precision } = readJpegHeader(bytes);
      if (precision !== 8 || (components !== 1 && components !== 3)) return undefined;
      return { icc, grey: components === 1, depth: 8 };
    }
    if (!isPng(bytes)) return undefined;
    const { icc, colour, depth } = readPngHeader(bytes);
    return { icc, grey: isGrey(colour), depth: depth === 16 ? 16 : 8 };
  } catch (cause) {
    if (cause instanceof InputError) return undefined;
    throw cause;
  }
}

/** Before alpha is composited, as in browsers: a colour that is half transparent is a colour first. */
async function converted(picture: Sharp, toSrgb: Conversion, depth: 8 | 16): Promise<RgbImage> {
  const deep = depth === 16;
  const { data, info } = await picture
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const samples = deep ? new Uint16Array(bytes.slice().buffer) : bytes;
  toSrgb(samples, channels);
  return { width, height, data: flattenOnWhite(samples, channels) };
}

export async function decodeFile(path: string, name: string): Promise<RgbImage> {
  return decodeImage(await readRegularFile(path, MAX_FILE_BYTES, name), name);
}

function toRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const n = data.length / channels;
  const out = new Uint8Array(3 * n);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < 3; c++) out[3 * i + c] = data[i * channels + (channels < 3 ? 0 : c)];
  return out;
}

function explain(message: string, bytes: number): string {
  const first = message.split('\n')[0];
  if (bytes === 0) return 'is empty';
  if (/pixel limit/i.test(first)) return `has more than the limit of ${MAX_PIXELS} pixels`;
  if (/unsupported image format/i.test(first))
    return 'is not a picture that can be decoded (JPEG, PNG and WebP are)';
  return `cannot be decoded (${first})`;
}
