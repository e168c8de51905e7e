// Pictures for the pages, as the network saw them.
import sharp from 'sharp';

/** RGB [size][size][3] as a JPEG file; no metadata. */
export async function encodeJpeg(pixels: Uint8Array, size: number): Promise<Uint8Array> {
  const raw = { width: size, height: size, channels: 3 as const };
  return sharp(pixels, { raw }).jpeg({ quality: 85 }).toBuffer();
}
