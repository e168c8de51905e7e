// The gradient by a convolution's parameters, from d, that before its ReLU:
//   dw[f, c, i, j] = sum over outputs (y, x) of d[y, x, f] input[s y + i - before, s x + j - before, c],   db[f] = sum of d[.., f]
// 3x3 and 5x5 of stride 1, and the folded 7x7, by Winograd's minimal filtering, whatever tile the way there takes; 1x1 as one
// product of pixels; anything else as one product of the input's windows.
import type { Core } from '../../../core/core.js';
import { multiply } from '../../../core/matrices.js';
import { readView } from '../../view.js';
import type { Backward, Place, Shape } from '../op.js';
import { algorithm } from './algorithm.js';
import type { ConvLayer } from './layer.js';
import { type Planes, pixelProduct, winogradProduct } from './weight-products.js';
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
  const isFast = filters % 4 === 0;
  return (weight, bias) => {
    const d: Planes = { data: readView(core, before), ...to, channels: filters };
    sumPixels(d.data, bias);
    const x: Planes = { data: inputOf(core, at(name), from), ...from };
    if (isFast && how.kind === 'winograd' && how.fold) {
      const folded = foldInput(x, to);
      winogradProduct(core, folded, d, how.taps, (taps, _, wide) =>
        unfoldWeights(taps, filters, size, wide, weight),
      );
    } else if (isFast && how.kind === 'winograd') {
      const { beforeY, beforeX } = to;
      winogradProduct(core, { ...x, beforeY, beforeX }, d, size, (taps, channels, wide) =>
        ordered(taps, filters, channels, wide, size * size, weight),
      );
    } else if (isFast && size === 1 && from.height === to.height && from.width === to.width)
      pixelProduct(core, x, d, weight);
    else weight.set(windowProduct(core, x, d, layer, to));
  };
};

/** db, in f64. */
function sumPixels(d: Float32Array, bias: Float32Array): void {
  const n = bias.length;
  const sums = new Float64Array(n);
  for (let at = 0; at < d.length; at += n) for (let f = 0; f < n; f++) sums[f] += d[at + f];
  bias.set(sums);
}

/** taps [filters][taps][wide] as w[f, c, taps]. */
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

function windowProduct(
  core: Core,
  x: Planes,
  d: Planes,
  { size, stride }: ConvLayer,
  { beforeY, beforeX }: { beforeY: number; beforeX: number },
): Float32Array {
  const { height: rows, width: columns, channels } = x;
  const places = d.height * d.width;
  const turned = new Float32Array(d.data.length);
  for (let p = 0; p < places; p++)
    for (let f = 0; f < d.channels; f++) turned[f * places + p] = d.data[p * d.channels + f];
  const windows = new Float32Array(places * channels * size * size);
  for (let p = 0, to = 0; p < places; p++) {
    const top = Math.floor(p / d.width) * stride - beforeY;
    const left = (p % d.width) * stride - beforeX;
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++, to++) {
          const [y, z] = [top + i, left + j];
          if (y >= 0 && z >= 0 && y < rows && z < columns)
            windows[to] = x.data[(y * columns + z) * channels + c];
        }
  }
  return multiply(core, turned, windows, places);
}

/** 2x2 positions as 12 channels, as the way there has them (f32_image_input), from the padded corner on. */
function foldInput(
  { data, height, width }: Planes,
  { beforeY, beforeX }: { beforeY: number; beforeX: number },
): Planes & { beforeY: number; beforeX: number } {
  const [rows, columns] = [(height + beforeY + 1) >> 1, (width + beforeX + 1) >> 1];
  const out = new Float32Array(rows * columns * 12);
  for (let y = 0, from = 0; y < height; y++) {
    const py = y + beforeY;
    for (let x = 0; x < width; x++, from += 3) {
      const px = x + beforeX;
      const channel = py & 1 ? 2 + (px & 1) : 1 - (px & 1);
      const to = ((py >> 1) * columns + (px >> 1)) * 12 + 3 * channel;
      for (let c = 0; c < 3; c++) out[to + c] = data[from + c];
    }
  }
  return { data: out, height: rows, width: columns, channels: 12, beforeY: 0, beforeX: 0 };
}

/** The input [rows][columns][channels], of a picture that is folded too. */
function inputOf(core: Core, place: Place, { height, width, channels }: Shape): Float32Array {
  const { ptr, pixel, row, fold } = place;
  if (!fold) return readView(core, place);
  const memory = core.f32(0, core.capacity / 4);
  const out = new Float32Array(height * width * channels);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [py, px] = [y + fold.y, x + fold.x];
      // As foldWeights() has the four pixels of a folded one.
      const quarter = py & 1 ? 2 + (px & 1) : 1 - (px & 1);
      const from = (ptr + (py >> 1) * row + (px >> 1) * pixel) / 4 + channels * quarter;
      for (let c = 0; c < channels; c++) out[to++] = memory[from + c];
    }
  return out;
}
