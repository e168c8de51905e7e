// Pictures where there is no file system: dropped or chosen files (a File is a Blob), bytes, and
// procedural ones.
import { InputError } from '../core/errors.js';
import type { CoreMath } from '../core/math.js';
import { decodeImage } from './decode.web.js';
import { blobBytes, hashImages } from './identity.js';
import { MAX_FILE_BYTES } from './limits.js';
import { proceduralImage } from './procedural.js';
import type { ImageRef, RgbImage } from './types.js';

/** Pixels of a picture; procedural ones are drawn at the network's input size. */
export async function loadImage(ref: ImageRef, math: CoreMath, size: number): Promise<RgbImage> {
  if (ref.kind === 'procedural') return proceduralImage(math, ref.seed, ref.index, size);
  if (ref.kind === 'blob' && ref.blob.size > MAX_FILE_BYTES)
    throw new InputError(`${ref.name}: ${ref.blob.size} bytes, more than the limit of ${MAX_FILE_BYTES}`);
  return decodeImage(await blobBytes(ref), ref.name);
}

/** Identity of an image set; equal to that of the same files in Node. */
export const imageSetHash = (refs: readonly ImageRef[]): Promise<string> => hashImages(refs, blobBytes);
