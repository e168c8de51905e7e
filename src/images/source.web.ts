// Pictures where there is no file system: dropped or chosen files (a File is a Blob), bytes, and
// procedural ones.
import type { CoreMath } from '../core/math.js';
import { decodeImage } from './decode.web.js';
import { blobBytes, checkFileSize, type NamedImages, namedBytes, nameSet, noPicture } from './identity.js';
import { proceduralImage } from './procedural.js';
import type { ImageRef, RgbImage } from './types.js';

/** Pixels of a picture; procedural ones are drawn at the network's input size. */
export async function loadImage(ref: ImageRef, math: CoreMath, size: number): Promise<RgbImage> {
  if (ref.kind === 'procedural') return proceduralImage(math, ref.seed, ref.index, size);
  if (ref.kind === 'tokens') throw noPicture(ref.name);
  if (ref.kind === 'blob') checkFileSize(ref.name, ref.blob.size);
  return decodeImage(await namedBytes(ref, blobBytes), ref.name);
}

/** The set by names and contents, as Node names it, and its pictures, which from then on are read only as they were. */
export const nameImages = (refs: readonly ImageRef[]): Promise<NamedImages> => nameSet(refs, blobBytes);

/** Identity of an image set; equal to that of the same files in Node. */
export const imageSetHash = async (refs: readonly ImageRef[]): Promise<string> =>
  (await nameImages(refs)).hash;
