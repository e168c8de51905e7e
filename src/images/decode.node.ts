// Picture files -> RGB, with sharp (libvips). Grey, palette, CMYK and 16 bit become
// 8-bit sRGB; EXIF rotation is applied; alpha is composited on white; animations give
// their first frame.
import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import { InputError } from '../core/errors.js';
import { isJpeg } from './jpeg-markers.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './limits.js';
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
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn })
      .rotate()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (cause) {
    throw new InputError(`${name}: ${explain((cause as Error).message, bytes.byteLength)}`, { cause });
  }
}

export async function decodeFile(path: string, name: string): Promise<RgbImage> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new InputError(`${name}: ${size} bytes, more than the limit of ${MAX_FILE_BYTES}`);
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      `${name}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})`,
      { cause },
    );
  }
  return decodeImage(bytes, name);
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
