// Gradients by weights as products of inputs and gradients over the same places (f32_outer_4x8): over pixels, or over the
// points of Winograd's tiles (f32_winograd_6x6_grad).
import type { Core } from '../../../core/core.js';

/** A tensor without padding, [height][width][channels]. */
export interface Planes {
  data: Float32Array;
  height: number;
  width: number;
  channels: number;
}

const up = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Of a 1x1 convolution: `weight` [filters][channels]. */
export function pixelProduct(core: Core, x: Planes, d: Planes, weight: Float32Array): void {
  const places = d.height * d.width;
  const wide = up(x.channels, 8);
  const mark = core.mark();
  try {
    const [a, b] = [core.alloc32(places * d.channels), core.alloc32(places * wide)];
    const c = core.alloc32(d.channels * wide);
    inPanels(core.f32(a, places * d.channels), d, 4);
    inPanels(core.f32(b, places * wide), x, 8);
    core.kernels.f32_outer_4x8({ a, b, places, c, ldc: wide, m: d.channels, n: wide });
    const sums = core.f32(c, d.channels * wide);
    for (let f = 0; f < d.channels; f++)
      weight.set(sums.subarray(f * wide, f * wide + x.channels), f * x.channels);
  } finally {
    core.release(mark);
  }
}

/** [places][channels] -> [channels / side][places][side], with zeros behind the last channel. */
function inPanels(to: Float32Array, { data, height, width, channels }: Planes, side: 4 | 8): void {
  const places = height * width;
  to.fill(0, Math.floor(channels / side) * places * side);
  for (let first = 0, at = 0; first < channels; first += side) {
    const n = Math.min(side, channels - first);
    for (let p = 0, from = first; p < places; p++, from += channels, at += side)
      for (let k = 0; k < n; k++) to[at + k] = data[from + k];
  }
}

/**
 * Of a convolution of stride 1, size x size with 3 to 5: `take` is given its taps [filters][size * size][wide], a view that
 * lives for the call, the channels of x and how many there is room for. `beforeY`, `beforeX`: padding of x.
 */
export function winogradProduct(
  core: Core,
  x: Planes & { beforeY: number; beforeX: number },
  d: Planes,
  size: number,
  take: (taps: Float32Array, channels: number, wide: number) => void,
): void {
  const outputs = 7 - size;
  const [tilesY, tilesX] = [Math.ceil(d.height / outputs), Math.ceil(d.width / outputs)];
  const places = tilesY * tilesX;
  const { channels } = x;
  const filters = d.channels;
  const wide = up(channels, 8);
  const { kernels } = core;
  const mark = core.mark();
  try {
    const reach = (tiles: number) => (tiles - 1) * outputs + 6;
    const input = padded(core, x, reach(tilesY), reach(tilesX), x.beforeY, x.beforeX);
    const gradient = padded(core, d, tilesY * outputs, tilesX * outputs, 0, 0);
    const scratch = core.alloc(72 * 16);
    const [v, w] = [core.alloc32(36 * places * wide), core.alloc32(36 * places * filters)];
    const sums = core.alloc32(36 * filters * wide);
    const taps = core.alloc32(size * size * filters * wide);
    if (wide > channels) core.f32(v, 36 * places * wide).fill(0);
    const tiles = { tilesY, tilesX, outputs, scratch };
    kernels.f32_winograd_6x6_grad_input({
      ...{ src: input.ptr, srcPixel: input.pixel, srcRow: input.row, cin: channels, v },
      ...tiles,
    });
    kernels.f32_winograd_6x6_grad_output({
      ...{ dy: gradient.ptr, pixel: gradient.pixel, row: gradient.row, cout: filters, w },
      ...tiles,
    });
    for (let k = 0; k < 36; k++)
      kernels.f32_outer_4x8({
        ...{ a: w + 4 * k * places * filters, b: v + 4 * k * places * wide, places },
        ...{ c: sums + 4 * k * filters * wide, ldc: wide, m: filters, n: wide },
      });
    kernels.f32_winograd_6x6_grad_weight({ sums, cout: filters, ld: wide, size, taps, scratch });
    take(core.f32(taps, size * size * filters * wide), channels, wide);
  } finally {
    core.release(mark);
  }
}

/** A copy with zeros around it, of rows x columns positions. */
function padded(
  core: Core,
  { data, height, width, channels }: Planes,
  rows: number,
  columns: number,
  top: number,
  left: number,
): { ptr: number; pixel: number; row: number } {
  const n = rows * columns * channels;
  const ptr = core.alloc32(n);
  const to = core.f32(ptr, n);
  to.fill(0);
  const [pixel, row] = [4 * channels, 4 * channels * columns];
  const most = Math.min(width, columns - left) * channels;
  for (let y = 0; y < Math.min(height, rows - top); y++)
    to.set(
      data.subarray(y * width * channels, y * width * channels + most),
      ((y + top) * columns + left) * channels,
    );
  return { ptr, pixel, row };
}
