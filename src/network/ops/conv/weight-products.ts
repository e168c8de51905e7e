// Gradients by weights as products of inputs and gradients over the same places (f32_outer_4x8): over pixels, or over the
// points of Winograd's tiles (f32_winograd_6x6_grad), some rows of tiles at a time, which stay in the L2 cache.
import type { Core } from '../../../core/core.js';

/** A tensor in memory: bytes between pixels and rows. */
export interface Pixels {
  ptr: number;
  pixel: number;
  row: number;
  height: number;
  width: number;
  channels: number;
}

/** The input of a convolution: its pixels, the padding, and how far it can be read from the padded corner on. */
export interface Padded extends Pixels {
  beforeY: number;
  beforeX: number;
  rows: number;
  columns: number;
}

/** Tiles whose points are in memory at a time, about. */
const TILES = 64;

const up = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Memory of `core` for the time of `use`; what is allocated is zero. */
function scratchFor<T>(core: Core, use: () => T): T {
  const mark = core.mark();
  try {
    return use();
  } finally {
    core.release(mark);
  }
}

/** db: sums of each row of pixels, then of these. d.channels % 4 == 0. */
export function sumPixels(core: Core, d: Pixels, bias: Float32Array): void {
  const { channels, height, width } = d;
  scratchFor(core, () => {
    const lines = core.alloc32(height * channels);
    const total = core.alloc32(channels);
    const { f32_column_sums } = core.kernels;
    // Rows of the kernel lie side by side: of a slice, a copy.
    const whole = d.pixel === 4 * channels ? d : padded(core, d, height, width, 0, 0);
    for (let y = 0; y < height; y++)
      f32_column_sums({
        ...{ x: whole.ptr + y * whole.row, n: width, d: channels },
        sums: lines + 4 * y * channels,
      });
    f32_column_sums({ x: lines, n: height, d: channels, sums: total });
    bias.set(core.f32(total, channels));
  });
}

/** Of a 1x1 convolution: `weight` [filters][channels], both multiples of 4. */
export function pixelProduct(core: Core, x: Pixels, d: Pixels, weight: Float32Array): void {
  const { channels } = x;
  const filters = d.channels;
  const places = d.height * d.width;
  const wide = up(channels, 8);
  const { f32_outer_4x8, f32_outer_4x8_pack } = core.kernels;
  scratchFor(core, () => {
    const [a, b] = [core.alloc32(places * filters), core.alloc32(places * wide)];
    const c = core.alloc32(filters * wide);
    const pack = ({ ptr, ...pixels }: Pixels, side: number, to: number) =>
      f32_outer_4x8_pack({ src: ptr, ...pixels, side, to });
    pack(d, 4, a);
    pack(x, 8, b);
    f32_outer_4x8({ a, b, places, c, ldc: wide, m: filters, n: wide });
    const sums = core.f32(c, filters * wide);
    for (let f = 0; f < filters; f++) weight.set(sums.subarray(f * wide, f * wide + channels), f * channels);
  });
}

/**
 * Of a convolution of stride 1, size x size with 3 to 5: `take` is given its taps [filters][size * size][wide], a view that
 * lives for the call. Channels and filters are multiples of 4.
 */
export function winogradProduct(
  core: Core,
  x: Padded,
  d: Pixels,
  size: number,
  take: (taps: Float32Array, wide: number) => void,
): void {
  const outputs = 7 - size;
  const [tilesY, tilesX] = [Math.ceil(d.height / outputs), Math.ceil(d.width / outputs)];
  const { channels } = x;
  const filters = d.channels;
  const wide = up(channels, 8);
  const most = Math.min(tilesY, Math.max(1, Math.round(TILES / tilesX)));
  const { kernels } = core;
  scratchFor(core, () => {
    const reach = (tiles: number) => (tiles - 1) * outputs + 6;
    const { beforeY, beforeX, pixel, row } = x;
    // In place, where all that tiles reach can be read.
    const input =
      reach(tilesY) <= x.rows && reach(tilesX) <= x.columns
        ? { ptr: x.ptr - beforeY * row - beforeX * pixel, pixel, row }
        : padded(core, x, reach(tilesY), reach(tilesX), beforeY, beforeX);
    const gradient =
      d.height % outputs || d.width % outputs ? padded(core, d, tilesY * outputs, tilesX * outputs, 0, 0) : d;
    const scratch = core.alloc(72 * 16);
    const room = 36 * most * tilesX;
    const [v, w] = [core.alloc32(room * wide), core.alloc32(room * filters)];
    const sums = core.alloc32(36 * filters * wide);
    const taps = core.alloc32(size * size * filters * wide);
    for (let y = 0; y < tilesY; y += most) {
      const rows = Math.min(most, tilesY - y);
      const tiles = { tilesY: rows, tilesX, outputs, scratch };
      const places = rows * tilesX;
      kernels.f32_winograd_6x6_grad_input({
        ...{ src: input.ptr + y * outputs * input.row, srcPixel: input.pixel, srcRow: input.row },
        ...{ cin: channels, v, ...tiles },
      });
      kernels.f32_winograd_6x6_grad_output({
        ...{ dy: gradient.ptr + y * outputs * gradient.row, pixel: gradient.pixel, row: gradient.row },
        ...{ cout: filters, w, ...tiles },
      });
      for (let k = 0; k < 36; k++)
        kernels.f32_outer_4x8({
          ...{ a: w + 4 * k * places * filters, b: v + 4 * k * places * wide, places },
          ...{ c: sums + 4 * k * filters * wide, ldc: wide, m: filters, n: wide },
        });
    }
    kernels.f32_winograd_6x6_grad_weight({ sums, cout: filters, ld: wide, size, taps, scratch });
    take(core.f32(taps, size * size * filters * wide), wide);
  });
}

/** A copy with zeros around it, of rows x columns positions. */
function padded(
  core: Core,
  from: Pixels,
  rows: number,
  columns: number,
  top: number,
  left: number,
): { ptr: number; pixel: number; row: number } {
  const pixel = 4 * from.channels;
  const row = pixel * columns;
  const ptr = core.alloc(rows * row);
  const memory = core.u8(0, core.capacity);
  const width = Math.min(from.width, columns - left);
  const height = Math.min(from.height, rows - top);
  for (let y = 0; y < height; y++) {
    const to = ptr + (y + top) * row + left * pixel;
    const line = from.ptr + y * from.row;
    if (from.pixel === pixel) memory.copyWithin(to, line, line + width * pixel);
    else
      for (let x = 0; x < width; x++)
        memory.copyWithin(to + x * pixel, line + x * from.pixel, line + x * from.pixel + pixel);
  }
  return { ptr, pixel, row };
}
