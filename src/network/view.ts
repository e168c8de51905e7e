// Tensors in a session's memory -> arrays without padding, and back.
import type { Core } from '../core/core.js';
import { type Place, sizeOf } from './ops/op.js';

/** Copy of a tensor, [...dims]; into `out` where that is given. */
export function readView(
  core: Core,
  place: Place,
  out: Float32Array = new Float32Array(sizeOf(place.shape)),
): Float32Array {
  runs(core, place, (values, at) => out.set(values, at));
  return out;
}

/** Puts values [...dims] into a tensor. */
export function writeView(core: Core, place: Place, from: Float32Array): void {
  runs(core, place, (values, at) => values.set(from.subarray(at, at + values.length)));
}

/** The contiguous pieces of a tensor, each with its index in the tensor without padding. */
export function runs(
  core: Core,
  { ptr, pixel, row, shape }: Place,
  each: (values: Float32Array, at: number) => void,
): void {
  const { height, width, channels } = shape;
  for (let y = 0; y < height; y++) {
    if (pixel === 4 * channels) {
      each(core.f32(ptr + y * row, width * channels), y * width * channels);
      continue;
    }
    const line = core.f32(ptr + y * row, ((width - 1) * pixel) / 4 + channels);
    for (let x = 0; x < width; x++) {
      const at = (x * pixel) / 4;
      each(line.subarray(at, at + channels), (y * width + x) * channels);
    }
  }
}

/** Branches [positions][C_i] side by side: [positions][sum C_i]. */
export function interleave(parts: readonly Float32Array[], positions: number): Float32Array {
  const channels = parts.reduce((n, p) => n + p.length, 0) / positions;
  const out = new Float32Array(positions * channels);
  let offset = 0;
  for (const part of parts) {
    const c = part.length / positions;
    for (let i = 0; i < positions; i++) out.set(part.subarray(i * c, (i + 1) * c), i * channels + offset);
    offset += c;
  }
  return out;
}

/** [positions][sum C_i] -> its branches, [positions][C_i] each. */
export function split(whole: Float32Array, widths: readonly number[]): Float32Array[] {
  const channels = widths.reduce((n, c) => n + c, 0);
  const positions = whole.length / channels;
  let offset = 0;
  return widths.map((width) => {
    const part = new Float32Array(positions * width);
    for (let i = 0; i < positions; i++)
      part.set(whole.subarray(i * channels + offset, i * channels + offset + width), i * width);
    offset += width;
    return part;
  });
}
