// The network's input from whatever a user has a picture as.

import { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { UsageError } from '../core/errors.js';
import { flattenOnWhite } from '../images/flatten.js';
import { prepareImage as prepare } from '../images/prepare.js';
import type { RgbImage } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import type { Model } from '../network/types.js';
import type { PictureSpec, Platform } from './platform.js';

/** Pixels: RGB, or RGBA as a canvas gives it, which is put on white. */
export type Pixels = RgbImage | ImageData;

/** Side of the input in pixels, or the network that it is for. */
export type InputSize = number | Model;

/** Pixels -> [size][size][3], RGB, 0..255: shorter side to 256/224 of the size, centre crop. */
export function preparePixels(
  by: Engine | Core,
  { width, height, data }: Pixels,
  to: InputSize,
): Float32Array {
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4)
    throw new UsageError(
      `prepareImage: ${data.length} values are not ${width} x ${height} pixels of RGB or RGBA`,
    );
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const image = { width, height, data: flattenOnWhite(bytes, channels) };
  const size = typeof to === 'number' ? to : imageInput(to.description).size;
  if (by instanceof Core) return prepare(by, image, size);
  const core = by.acquire();
  try {
    return prepare(core, image, size);
  } finally {
    core.dispose();
  }
}

export const isPixels = (picture: object): picture is Pixels =>
  'width' in picture && 'height' in picture && 'data' in picture;

/** The same of a picture that has to be read and decoded first. */
export async function preparePicture(
  platform: Platform,
  by: Engine | Core,
  picture: PictureSpec,
  to: InputSize,
): Promise<Float32Array> {
  const math = by.math;
  const given = picture instanceof Uint8Array ? new Blob([picture as Uint8Array<ArrayBuffer>]) : picture;
  const refs = await platform.listImages(given, 0, {});
  if (refs.length !== 1)
    throw new UsageError(`prepareImage: '${picture}' is ${refs.length} pictures; give one`);
  const size = typeof to === 'number' ? to : imageInput(to.description).size;
  return preparePixels(by, await platform.loadImage(refs[0], math, size), to);
}
