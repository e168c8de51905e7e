// The gradient by a convolution's parameters, from d, that before its ReLU:
//   dw[f, c, i, j] = sum over outputs (y, x) of d[y, x, f] input[s y + i - before, s x + j - before, c],   db[f] = sum of d[.., f]
// 3x3 and 5x5 of stride 1, and the folded 7x7, by Winograd's minimal filtering, whatever tile the way there takes; 1x1 as one
// product of pixels; anything else as one product of the input's windows.
import { multiply } from '../../../core/matrices.js';
import { readView } from '../../view.js';
import type { Backward, Place, Shape } from '../op.js';
import { algorithm, type Winograd } from './algorithm.js';
import type { ConvLayer } from './layer.js';
import { type Padded, type Pixels, pixelProduct, sumPixels, winogradProduct } from './weight-products.js';
import { unfoldWeights } from './winograd.js';

export const convParameters: NonNullable<Backward<ConvLayer>['parameters']> = (
  { core, at, shapes },
  layer,
  before,
) => {
  const { in: name, out, size, filters } = layer;
  const to = shapes.get(out)!;
  const from = shapes.get(name)!;
  const how = algorithm(layer, from.channels);
  const isSamePixels = from.height === to.height && from.width === to.width;
  return (weight, bias) => {
    const d = pixelsOf(before, to);
    const x = at(name);
    if (filters % 4) windowProduct({ core, x, d: before, from, to }, layer, weight, bias);
    else if (how.kind === 'winograd' && how.fold) {
      sumPixels(core, d, bias);
      winogradProduct(core, foldedOf(x, from, to, how), d, how.taps, (taps, wide) =>
        unfoldWeights(taps, filters, size, wide, weight),
      );
    } else if (how.kind === 'winograd') {
      sumPixels(core, d, bias);
      winogradProduct(core, paddedOf(x, from, to, how), d, size, (taps, wide) =>
        ordered(taps, filters, from.channels, wide, size * size, weight),
      );
    } else if (how.kind === 'pointwise' && layer.stride === 1 && isSamePixels) {
      sumPixels(core, d, bias);
      pixelProduct(core, pixelsOf(x, from), d, weight);
    } else windowProduct({ core, x, d: before, from, to }, layer, weight, bias);
  };
};

const pixelsOf = ({ ptr, pixel, row }: Place, { height, width, channels }: Shape): Pixels => ({
  ...{ ptr, pixel, row, height, width, channels },
});

/** What the way there reads from the padded corner on (winograd.ts): rows, or columns, of `n` outputs. */
const reach = (n: number, { m, tile }: Winograd): number => (Math.ceil(n / m) - 1) * m + tile;

const paddedOf = (x: Place, from: Shape, to: Shape, how: Winograd): Padded => ({
  ...pixelsOf(x, from),
  ...{ beforeY: to.beforeY, beforeX: to.beforeX },
  ...{ rows: reach(to.height, how), columns: reach(to.width, how) },
});

/** A folded picture from its padded corner on, where its place points to. */
const foldedOf = (
  { ptr, pixel, row }: Place,
  from: Shape,
  { beforeY, beforeX, height, width }: Shape,
  how: Winograd,
): Padded => ({
  ...{ ptr, pixel, row, channels: 12, beforeY: 0, beforeX: 0 },
  ...{ rows: reach(height, how), columns: reach(width, how) },
  height: (from.height + beforeY + 1) >> 1,
  width: (from.width + beforeX + 1) >> 1,
});

/** Taps [filters][taps][wide] as w[f, c, taps]. */
function ordered(
  from: Float32Array,
  filters: number,
  channels: number,
  wide: number,
  taps: number,
  weight: Float32Array,
): void {
  for (let f = 0, to = 0; f < filters; f++)
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < taps; t++) weight[to++] = from[(f * taps + t) * wide + c];
}

interface Operands {
  core: Parameters<typeof readView>[0];
  x: Place;
  d: Place;
  from: Shape;
  to: Shape;
}

/** For any size, stride and number of channels: slow, and of one order of sums too. */
function windowProduct(
  { core, x: place, d: gradient, from, to }: Operands,
  { size, stride, filters }: ConvLayer,
  weight: Float32Array,
  bias: Float32Array,
): void {
  const { height: rows, width: columns, channels } = from;
  const places = to.height * to.width;
  const d = readView(core, gradient);
  const turned = new Float32Array(d.length);
  const sums = new Float64Array(filters);
  for (let p = 0; p < places; p++)
    for (let f = 0; f < filters; f++) {
      turned[f * places + p] = d[p * filters + f];
      sums[f] += d[p * filters + f];
    }
  bias.set(sums);
  const x = plain(core, place, from);
  const windows = new Float32Array(places * channels * size * size);
  for (let p = 0, at = 0; p < places; p++) {
    const top = Math.floor(p / to.width) * stride - to.beforeY;
    const left = (p % to.width) * stride - to.beforeX;
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++, at++) {
          const [y, z] = [top + i, left + j];
          if (y >= 0 && z >= 0 && y < rows && z < columns) windows[at] = x[(y * columns + z) * channels + c];
        }
  }
  weight.set(multiply(core, turned, windows, places));
}

/** The input [rows][columns][channels], of a picture that is folded too. */
function plain(
  core: Operands['core'],
  { ptr, pixel, row, fold }: Place,
  { height, width, channels }: Shape,
): Float32Array {
  const memory = core.f32(0, core.capacity / 4);
  const out = new Float32Array(height * width * channels);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [py, px] = fold ? [y + fold.y, x + fold.x] : [y, x];
      // As foldWeights() has the four pixels of a folded one.
      const quarter = py & 1 ? 2 + (px & 1) : 1 - (px & 1);
      const from = fold
        ? (ptr + (py >> 1) * row + (px >> 1) * pixel) / 4 + channels * quarter
        : (ptr + py * row + px * pixel) / 4;
      for (let c = 0; c < channels; c++) out[to++] = memory[from + c];
    }
  return out;
}
