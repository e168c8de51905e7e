// The gradient by a convolution's parameters, from d, that before its ReLU:
//   dw[f, c, i, j] = sum over outputs (y, x) of d[y, x, f] input[s y + i - before, s x + j - before, c],   db[f] = sum of d[.., f]
// as one product, of d turned and of the input's windows as rows: whatever way forward takes, fold included.
import { multiply } from '../../../core/matrices.js';
import { readView } from '../../view.js';
import type { Backward, Place } from '../op.js';
import type { ConvLayer } from './layer.js';

export const convParameters: NonNullable<Backward<ConvLayer>['parameters']> = (
  { core, at, shapes },
  { in: name, out, size, stride, filters },
  before,
) => {
  const { beforeY, beforeX, height, width } = shapes.get(out)!;
  const { channels, height: rows, width: columns } = shapes.get(name)!;
  const taps = size * size;
  const places = height * width;
  return (weight, bias) => {
    const d = readView(core, before);
    const turned = new Float32Array(d.length);
    bias.fill(0);
    const sums = new Float64Array(filters);
    for (let p = 0; p < places; p++)
      for (let f = 0; f < filters; f++) {
        turned[f * places + p] = d[p * filters + f];
        sums[f] += d[p * filters + f];
      }
    bias.set(sums);
    const x = plain(core.f32.bind(core), at(name), channels, rows, columns);
    const windows = new Float32Array(places * channels * taps);
    for (let p = 0, to = 0; p < places; p++) {
      const top = Math.floor(p / width) * stride - beforeY;
      const left = (p % width) * stride - beforeX;
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++, to++) {
            const [y, z] = [top + i, left + j];
            if (y >= 0 && z >= 0 && y < rows && z < columns)
              windows[to] = x[(y * columns + z) * channels + c];
          }
    }
    weight.set(multiply(core, turned, windows, places));
  };
};

/** The input [rows][columns][channels], of a picture that is folded too. */
function plain(
  read: (ptr: number, n: number) => Float32Array,
  { ptr, pixel, row, fold }: Place,
  channels: number,
  rows: number,
  columns: number,
): Float32Array {
  const out = new Float32Array(rows * columns * channels);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const [py, px] = fold ? [y + fold.y, x + fold.x] : [y, x];
      // As foldWeights() has the four pixels of a folded one.
      const from = fold
        ? ptr + (py >> 1) * row + (px >> 1) * pixel + 4 * channels * (py & 1 ? 2 + (px & 1) : 1 - (px & 1))
        : ptr + py * row + px * pixel;
      out.set(read(from, channels), (y * columns + x) * channels);
    }
  return out;
}
