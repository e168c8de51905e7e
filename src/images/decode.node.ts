// Picture files -> RGB. JPEG is decoded as in browsers (jpeg.ts), the rest with sharp (libvips), as are
// JPEGs that browsers refuse: CMYK, arithmetic coding, profiles with tables. Grey, palette, CMYK and 16
// bit become 8-bit sRGB; alpha is composited on white; animations give their first frame. EXIF rotation
// (orientation.ts) and colour profiles (icc-convert.ts) are applied by the arithmetic that browsers have,
// not by sharp's, where they can be.
import sharp, { type Sharp } from 'sharp';
import { InputError } from '../core/errors.js';
import { readRegularFile } from '../formats/read-file.node.js';
import { flattenOnWhite } from './flatten.js';
import { type Conversion, conversionToSrgb } from './icc-convert.js';
import { decodeJpeg } from './jpeg.js';
import { isJpeg, type JpegHeader, readJpegHeader } from './jpeg-markers.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './limits.js';
import { exifOrientation, upright } from './orientation.js';
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
    const header = headerOf(bytes);
    const image = await pixelsOf(bytes, header);
    return upright(image, header?.exif ? exifOrientation(header.exif) : 1);
  } catch (cause) {
    const { message } = cause as Error;
    const reason = cause instanceof InputError ? message : explain(message, bytes.byteLength);
    throw new InputError(`${name}: ${reason}`, { cause });
  }
}

/** As stored, not yet turned, where `header` knows how it is to be turned. */
async function pixelsOf(bytes: Uint8Array, header: Header | undefined): Promise<RgbImage> {
  // What libjpeg makes up for damaged data differs between versions: refused, as in browsers.
  const failOn = isJpeg(bytes) ? 'warning' : 'error';
  const toSrgb = header && conversionToSrgb(header.icc, header);
  const ignoreIcc = header !== undefined && toSrgb !== 'tables';
  if (header?.jpeg && ignoreIcc) {
    const { width, height } = header.jpeg;
    if (width * height > MAX_PIXELS) throw new InputError(tooLarge);
    const data = await decodeJpeg(bytes, header.jpeg);
    if (typeof toSrgb === 'function') toSrgb(data, 3);
    return { width, height, data };
  }
  const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn, ignoreIcc });
  if (!header) picture.rotate();
  if (typeof toSrgb === 'function') return converted(picture, toSrgb, header!.depth);
  picture.flatten({ background: '#ffffff' }).toColourspace('srgb');
  // Profiles of 16-bit pictures sharp applies towards Display P3; this takes them on to sRGB.
  if (!ignoreIcc) {
    const { space, icc } = await picture.metadata();
    if (space === 'rgb16' && icc) picture.withIccProfile('srgb');
  }
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
}

/** What is read here as in browsers: colours, EXIF, and whether it is damaged. */
interface Header {
  icc?: Uint8Array;
  exif?: Uint8Array;
  grey: boolean;
  depth: 8 | 16;
  jpeg?: JpegHeader;
}

/** undefined: left to sharp. InputError: damaged. */
function headerOf(bytes: Uint8Array): Header | undefined {
  if (isJpeg(bytes)) {
    const jpeg = readJpegHeader(bytes);
    const { icc, exif, components, precision } = jpeg;
    if (jpeg.arithmetic || precision !== 8 || (components !== 1 && components !== 3)) return undefined;
    return { icc, exif, grey: components === 1, depth: 8, jpeg };
  }
  if (!isPng(bytes)) return undefined;
  const { icc, exif, colour, depth } = readPngHeader(bytes);
  return { icc, exif, grey: isGrey(colour), depth: depth === 16 ? 16 : 8 };
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

const tooLarge = `has more than the limit of ${MAX_PIXELS} pixels`;

function explain(message: string, bytes: number): string {
  const first = message.split('\n')[0];
  if (bytes === 0) return 'is empty';
  if (/pixel limit/i.test(first)) return tooLarge;
  if (/unsupported image format/i.test(first))
    return 'is not a picture that can be decoded (JPEG, PNG and WebP are)';
  return `cannot be decoded (${first})`;
}
