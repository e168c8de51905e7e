// Any picture -> the network's input: shorter side to 256/224 of the input size, centre
// crop, RGB f32 0..255. A picture already of the input size is not resampled.
import type { Core } from '../core/core.js';
import type { RgbImage } from './types.js';

/** Source rows resized at a time: bounds the memory that a huge picture takes in the core. */
const STRIP_ROWS = 64;

interface Taps {
  /** first source index and count, per output index */
  ranges: Int32Array;
  weights: Float32Array;
  /** weights per output index */
  stride: number;
}

/** [size][size][3], RGB, 0..255; written to `out`, as long as that, where it is given. */
export function prepareImage(
  core: Core,
  image: RgbImage,
  size: number,
  out: Float32Array = new Float32Array(size * size * 3),
): Float32Array {
  const { width, height } = image;
  if (width === size && height === size) {
    out.set(image.data);
    return out;
  }
  const short = Math.round((size * 256) / 224);
  const least = Math.min(width, height);
  const newWidth = Math.max(size, Math.round((width * short) / least));
  const newHeight = Math.max(size, Math.round((height * short) / least));
  const left = (newWidth - size) >> 1;
  const top = (newHeight - size) >> 1;
  if (newWidth === width && newHeight === height) return crop(image, left, top, size, out);
  return resizeCrop(
    core,
    image,
    triangle(width, newWidth, left, size),
    triangle(height, newHeight, top, size),
    size,
    out,
  );
}

function crop(
  { data, width }: RgbImage,
  left: number,
  top: number,
  size: number,
  out: Float32Array,
): Float32Array {
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * width + left) * 3;
    out.set(data.subarray(from, from + size * 3), y * size * 3);
  }
  return out;
}

/** Filter taps of output indices [first, first + count) of a resize from `from` to `to` samples. */
function triangle(from: number, to: number, first: number, count: number): Taps {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const ranges = new Int32Array(2 * count);
  const weights = new Float32Array(stride * count);
  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale;
    const begin = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    let sum = 0;
    const raw: number[] = [];
    for (let s = begin; s < end; s++) {
      const w = Math.max(0, 1 - Math.abs((s + 0.5 - centre) / support));
      raw.push(w);
      sum += w;
    }
    ranges[2 * i] = begin;
    ranges[2 * i + 1] = raw.length;
    for (let k = 0; k < raw.length; k++) weights[i * stride + k] = raw[k] / sum;
  }
  return { ranges, weights, stride };
}

function resizeCrop(
  core: Core,
  image: RgbImage,
  x: Taps,
  y: Taps,
  size: number,
  result: Float32Array,
): Float32Array {
  const mark = core.mark();
  try {
    const rowFloats = Math.ceil((size * 3) / 4) * 4;
    const weights = core.put(x.weights);
    // Only the source columns that the crop needs: a very wide picture costs no more than its middle.
    const firstColumn = x.ranges[0];
    const columns = x.ranges[2 * size - 2] + x.ranges[2 * size - 1] - firstColumn;
    const ranges = x.ranges.map((v, i) => (i % 2 ? v : v - firstColumn));
    const firstRow = y.ranges[0];
    const lastRow = y.ranges[2 * size - 2] + y.ranges[2 * size - 1];
    const stripRows = Math.min(STRIP_ROWS, lastRow - firstRow);
    const taps = core.put(ranges);
    const strip = core.alloc(stripRows * columns * 3);
    const rows = core.alloc32(stripRows * size * 3 + 4);
    const out = core.alloc32(size * rowFloats);
    const aligned = core.alloc32(rowFloats);
    let next = 0; // first output row that may still need source rows
    for (let s = firstRow; s < lastRow; s += stripRows) {
      const n = Math.min(stripRows, lastRow - s);
      const into = core.u8(strip, n * columns * 3);
      for (let r = 0; r < n; r++) {
        const from = ((s + r) * image.width + firstColumn) * 3;
        into.set(image.data.subarray(from, from + columns * 3), r * columns * 3);
      }
      core.kernels.f32_resize_triangle_x({
        src: strip,
        srcRow: columns * 3,
        rows: n,
        taps,
        weights,
        weightStride: x.stride,
        out: rows,
        outWidth: size,
      });
      while (next < size && y.ranges[2 * next] + y.ranges[2 * next + 1] <= s) next++;
      // Source rows in order for every output row: the sum has one order, whatever the strips.
      for (let o = next; o < size && y.ranges[2 * o] < s + n; o++) {
        const [begin, count] = [y.ranges[2 * o], y.ranges[2 * o + 1]];
        for (let r = Math.max(begin, s); r < Math.min(begin + count, s + n); r++) {
          core.f32(aligned, size * 3).set(core.f32(rows + (r - s) * size * 12, size * 3));
          core.kernels.f32_resize_triangle_y({
            row: aligned,
            weight: y.weights[o * y.stride + r - begin],
            out: out + o * rowFloats * 4,
            n: rowFloats,
          });
        }
      }
    }
    for (let o = 0; o < size; o++) result.set(core.f32(out + o * rowFloats * 4, size * 3), o * size * 3);
    return result;
  } finally {
    core.release(mark);
  }
}
