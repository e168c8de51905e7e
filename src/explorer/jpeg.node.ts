// Pictures for the pages, as the network saw them.
import sharp from 'sharp';

/** RGB [height][width][3] as a JPEG file; no metadata. */
export async function encodeJpeg(pixels: Uint8Array, width: number, height = width): Promise<Uint8Array> {
  const raw = { width, height, channels: 3 as const };
  return sharp(pixels, { raw }).jpeg({ quality: 85 }).toBuffer();
}
