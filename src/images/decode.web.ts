// Picture files -> RGB where there is no sharp: JPEG and PNG, to the pixels that decode.node.ts
// gives. A canvas would not do: browsers manage its colours, and some add noise to what is
// read back against fingerprinting. What is not decoded to the same pixels is refused by name.
import { InputError } from '../core/errors.js';
import { flattenOnWhite } from './flatten.js';
import { type Conversion, conversionToSrgb } from './icc-convert.js';
import { decodeJpeg } from './jpeg.js';
import { isJpeg, readJpegHeader } from './jpeg-markers.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './limits.js';
import { exifOrientation, upright } from './orientation.js';
import { isGrey, isPng, readPng, readPngHeader } from './png.js';
import type { RgbImage } from './types.js';

/** Decodes the bytes of one JPEG or PNG. InputError names the picture and the reason. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<RgbImage> {
  try {
    if (bytes.length === 0) throw new InputError('is empty');
    if (bytes.length > MAX_FILE_BYTES)
      throw new InputError(`${bytes.length} bytes, more than the limit of ${MAX_FILE_BYTES}`);
    if (isJpeg(bytes)) return await fromJpeg(bytes);
    if (isPng(bytes)) return fromPng(bytes);
    throw new InputError('is not a picture that can be decoded here (JPEG and PNG are)');
  } catch (cause) {
    if (cause instanceof InputError) throw new InputError(`${name}: ${cause.message}`, { cause });
    if (cause instanceof RangeError)
      throw new InputError(`${name}: needs more memory than there is`, { cause });
    throw cause;
  }
}

async function fromJpeg(bytes: Uint8Array): Promise<RgbImage> {
  const header = readJpegHeader(bytes);
  const { width, height, components, precision, arithmetic, exif, icc } = header;
  if (width * height > MAX_PIXELS)
    throw new InputError(`has more than the limit of ${MAX_PIXELS} pixels (${width} x ${height})`);
  if (precision !== 8) throw new InputError(`has ${precision} bits per sample, 8 are decoded here`);
  if (arithmetic) throw new InputError('is coded arithmetically, which is decoded in Node only');
  if (components === 4) throw new InputError('is CMYK, which is decoded in Node only: save it as RGB');
  const toSrgb = conversionOrRefusal(icc, { grey: components === 1, depth: 8 });
  const data = await decodeJpeg(bytes, header);
  toSrgb?.(data, 3);
  return upright({ width, height, data }, exif ? exifOrientation(exif) : 1);
}

function fromPng(bytes: Uint8Array): RgbImage {
  const { icc, colour, depth, exif } = readPngHeader(bytes);
  const toSrgb = conversionOrRefusal(icc, { grey: isGrey(colour), depth: depth === 16 ? 16 : 8 });
  const { width, height, rgba } = readPng(bytes);
  toSrgb?.(rgba, 4);
  return upright({ width, height, data: flattenOnWhite(rgba, 4) }, exif ? exifOrientation(exif) : 1);
}

function conversionOrRefusal(...picture: Parameters<typeof conversionToSrgb>): Conversion | undefined {
  const conversion = conversionToSrgb(...picture);
  if (conversion === 'tables')
    throw new InputError('has a colour profile with tables, which is applied in Node only: save it as sRGB');
  return conversion;
}
