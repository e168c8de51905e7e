// Picture files -> RGB where there is no sharp: JPEG and PNG, to the pixels that decode.node.ts
// gives. A canvas would not do: browsers manage its colours, and some add noise to what is
// read back against fingerprinting. What is not decoded to the same pixels is refused by name.
import { InputError } from '../core/errors.js';
import { decodeJpeg } from './jpeg.js';
import { isJpeg, readJpegHeader } from './jpeg-markers.js';
import { MAX_FILE_BYTES, MAX_PIXELS } from './limits.js';
import { exifOrientation, upright } from './orientation.js';
import { isPng, type PngPicture, readPng } from './png.js';
import type { RgbImage } from './types.js';

/** Decodes the bytes of one JPEG or PNG. InputError names the picture and the reason. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<RgbImage> {
  try {
    if (bytes.length === 0) throw new InputError('is empty');
    if (bytes.length > MAX_FILE_BYTES)
      throw new InputError(`${bytes.length} bytes, more than the limit of ${MAX_FILE_BYTES}`);
    if (isJpeg(bytes)) return await fromJpeg(bytes);
    if (isPng(bytes)) return fromPng(readPng(bytes));
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
  const { width, height, components, precision, exif, icc } = header;
  if (width * height > MAX_PIXELS)
    throw new InputError(`has more than the limit of ${MAX_PIXELS} pixels (${width} x ${height})`);
  if (precision !== 8) throw new InputError(`has ${precision} bits per sample, 8 are decoded here`);
  if (components === 4) throw new InputError('is CMYK, which is decoded in Node only: save it as RGB');
  if (icc) refuseProfile();
  const data = await decodeJpeg(bytes, header);
  return upright({ width, height, data }, exif ? exifOrientation(exif) : 1);
}

function fromPng(picture: PngPicture): RgbImage {
  const { width, height, rgba, depth, hasAlpha, exif, icc } = picture;
  if (icc) refuseProfile();
  const deep = depth === 16;
  const [max, white] = deep ? [65535, 255 << 8] : [255, 255];
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) {
      const value = rgba[4 * i + c];
      const alpha = rgba[4 * i + 3];
      const flat = hasAlpha ? Math.floor((value * alpha + white * (max - alpha)) / max) : value;
      data[3 * i + c] = deep ? flat >> 8 : flat;
    }
  return upright({ width, height, data }, exif ? exifOrientation(exif) : 1);
}

function refuseProfile(): never {
  throw new InputError(
    'has a colour profile, which is applied in Node only: save it as sRGB without a profile',
  );
}
