// Benchmarks of the network's kernels, at sizes of InceptionV1's layers.
import type { Core } from '../core/core.js';
import { destination, type KernelBench, source, uniform, writes } from './kernel.js';

/** Table of f32_conv_4x8: 4 source and 4 destination addresses per group of 4 pixels. */
function table(
  core: Core,
  src: number,
  width: number,
  cin: number,
  dst: number,
  h: number,
  w: number,
  cout: number,
): number {
  const ptr = core.alloc32(2 * h * w);
  const entries = core.i32(ptr, 2 * h * w);
  for (let p = 0; p < h * w; p++) {
    const at = 8 * (p >> 2) + (p & 3);
    entries[at] = src + 4 * cin * (Math.floor(p / w) * width + (p % w));
    entries[at + 4] = dst + 4 * cout * p;
  }
  return ptr;
}

/** F(m x m, taps x taps) on tiles of `edge`, side x side, Cin to Cout. */
function winograd(edge: 6 | 8, m: number, taps: number, [side, cin, cout]: readonly number[]): KernelBench {
  const tiles = 16;
  // Source pixels that the last tile reads.
  const wide = (Math.ceil(side / m) - 1) * m + edge;
  return {
    size: `F(${m}x${m},${taps}x${taps}), ${side}x${side}, ${cin} to ${cout} channels`,
    // The products it does, of which there are fewer than the direct form's.
    flop: 2 * edge ** 2 * Math.ceil(side / m) ** 2 * cin * cout,
    tolerance: 5e-5,
    prepare(core) {
      const k = core.kernels;
      const [run, pack, scratchOf] =
        edge === 6
          ? [k.f32_winograd_6x6, k.f32_winograd_6x6_pack, k.f32_winograd_6x6_scratch]
          : [k.f32_winograd_8x8, k.f32_winograd_8x8_pack, k.f32_winograd_8x8_scratch];
      const src = core.put(uniform(wide ** 2 * cin, 1));
      const packed = core.alloc32(edge ** 2 * (cin * cout + 16));
      const weight = core.put(uniform(taps ** 2 * cin * cout, 2));
      pack({ weight, packed, cout, cin, size: taps, scratch: core.alloc(1024) });
      const bias = core.put(uniform(cout, 3));
      const dst = core.alloc32(side * side * cout);
      const scratch = core.alloc(scratchOf({ block: tiles, cin, cout }));
      const operands = {
        ...source(src, wide, cin),
        ...destination(dst, side, cout),
        ...{ cin, packed, bias, outHeight: side, outWidth: side, cout, outputs: m },
        ...{ relu: 1, fold: 0, block: tiles, scratch },
      };
      return writes(core, dst, side * side * cout, () => run(operands));
    },
  };
}

export const networkKernels: Record<string, KernelBench> = {
  f32_conv_4x8: {
    size: '3x3, 28x28, 96 to 128 channels',
    flop: 2 * 28 * 28 * 9 * 96 * 128,
    prepare(core) {
      const [side, cin, cout] = [28, 96, 128];
      const src = core.put(uniform((side + 2) ** 2 * cin, 1));
      const packed = core.put(uniform(9 * cin * cout, 2));
      const bias = core.put(uniform(cout, 3));
      const dst = core.alloc32(side * side * cout);
      const entries = table(core, src, side + 2, cin, dst, side, side, cout);
      return writes(core, dst, side * side * cout, () =>
        core.kernels.f32_conv_4x8({
          table: entries,
          groups: (side * side) / 4,
          block: 5,
          kh: 3,
          srcRow: 4 * cin * (side + 2),
          segment: 3 * cin,
          packed,
          bias,
          cout,
          relu: 1,
        }),
      );
    },
  },
  f32_conv1x1_4x8: {
    size: '1x1, 28x28, 192 to 64 channels',
    flop: 2 * 28 * 28 * 192 * 64,
    prepare(core) {
      const [side, cin, cout, block] = [28, 192, 64, 8];
      const src = core.put(uniform(side * side * cin, 1));
      const packed = core.put(uniform(cin * cout, 2));
      const bias = core.put(uniform(cout, 3));
      const dst = core.alloc32(side * side * cout);
      const scratch = core.alloc32(block * cin * 4);
      const entries = table(core, src, side, cin, dst, side, side, cout);
      return writes(core, dst, side * side * cout, () =>
        core.kernels.f32_conv1x1_4x8({
          table: entries,
          groups: (side * side) / 4,
          block,
          cin,
          packed,
          bias,
          cout,
          relu: 1,
          scratch,
        }),
      );
    },
  },
  f32_conv1x1_8x16: {
    size: '1x1, 28x28, 256 to 128 and 32 channels',
    // As the direct form counts them; it does seven eighths.
    flop: 2 * 28 * 28 * 256 * (128 + 32),
    prepare(core) {
      const k = core.kernels;
      const [pixels, cin, block] = [28 * 28, 256, 6];
      const addresses = (base: number, channels: number) =>
        core.put(Int32Array.from({ length: pixels }, (_, i) => base + 4 * channels * i));
      const sources = addresses(core.put(uniform(pixels * cin, 1)), cin);
      const dst = core.alloc32(pixels * (128 + 32));
      const output = (cout: number, to: number, seed: number) => {
        const packed = core.alloc32((7 * cin * cout) / 4);
        k.f32_conv1x1_8x16_pack({ panels: core.put(uniform(cin * cout, seed)), packed, cout, cin });
        return [packed, core.put(uniform(cout, seed + 1)), cout, 1, addresses(to, cout)];
      };
      const records = [...output(128, dst, 2), ...output(32, dst + 4 * pixels * 128, 4)];
      const outputs = core.put(Int32Array.from(records));
      const scratch = core.alloc(k.f32_conv1x1_8x16_scratch({ block, cin }));
      return writes(core, dst, pixels * (128 + 32), () =>
        k.f32_conv1x1_8x16({ sources, groups: pixels / 4, block, cin, outputs, outputCount: 2, scratch }),
      );
    },
  },
  f32_winograd_6x6: winograd(6, 4, 3, [28, 96, 128]),
  f32_winograd_8x8: winograd(8, 4, 5, [28, 32, 96]),
  f32_maxpool_3x3: {
    size: '56x56 to 28x28, 192 channels',
    bytes: 4 * 192 * (56 * 56 + 28 * 28),
    prepare(core) {
      const [from, to, c] = [56, 28, 192];
      const src = core.put(uniform(from * from * c, 1));
      const dst = core.alloc32(to * to * c);
      const operands = {
        ...source(src, from, c),
        ...destination(dst, to, c),
        ...{ height: from, width: from, stride: 2, beforeY: 0, beforeX: 0 },
        ...{ outHeight: to, outWidth: to, channels: c },
      };
      return writes(core, dst, to * to * c, () => core.kernels.f32_maxpool_3x3(operands));
    },
  },
  f32_avgpool: {
    size: '7x7 to 1x1, 1024 channels',
    bytes: 4 * 1024 * 50,
    prepare(core) {
      const c = 1024;
      const src = core.put(uniform(49 * c, 1));
      const dst = core.alloc32(c);
      const operands = {
        ...source(src, 7, c),
        ...destination(dst, 1, c),
        ...{ size: 7, stride: 1, outHeight: 1, outWidth: 1, channels: c },
      };
      return writes(core, dst, c, () => core.kernels.f32_avgpool(operands));
    },
  },
  f32_lrn: {
    size: 'radius 5, 56x56, 64 channels',
    bytes: 2 * 4 * 56 * 56 * 64,
    prepare(core) {
      const [side, c] = [56, 64];
      const src = core.put(uniform(side * side * c, 1).map((v) => 50 * v));
      const dst = core.alloc32(side * side * c);
      const operands = {
        ...source(src, side, c),
        ...destination(dst, side, c),
        ...{ height: side, width: side, channels: c, radius: 5, bias: 1, alpha: 1e-4 },
      };
      return writes(core, dst, side * side * c, () => core.kernels.f32_lrn(operands));
    },
  },
  f32_relu: {
    size: '28x28, 192 channels',
    bytes: 2 * 4 * 28 * 28 * 192,
    prepare(core) {
      const [side, c] = [28, 192];
      const src = core.put(uniform(side * side * c, 1));
      const dst = core.alloc32(side * side * c);
      const operands = {
        ...source(src, side, c),
        ...destination(dst, side, c),
        ...{ height: side, width: side, channels: c },
      };
      return writes(core, dst, side * side * c, () => core.kernels.f32_relu(operands));
    },
  },
  f32_softmax: {
    size: '1008 values',
    bytes: 2 * 4 * 1008,
    prepare(core) {
      const n = 1008;
      const x = core.put(uniform(n, 1).map((v) => 8 * v));
      const y = core.alloc32(n);
      const scratch = core.alloc(8 * n);
      return writes(core, y, n, () => core.kernels.f32_softmax({ x, y, n, scratch }));
    },
  },
  f32_image_input: {
    size: '224x224, folded 2x2',
    bytes: 2 * 4 * 224 * 224 * 3,
    prepare(core) {
      const [side, row] = [224, 4 * 12 * 116];
      const image = core.put(uniform(side * side * 3, 1).map((v) => 127 + 127 * v));
      const dst = core.alloc(row * 116);
      return writes(core, dst, 12 * 116 * 116, () =>
        core.kernels.f32_image_input({
          image,
          height: side,
          width: side,
          dst,
          dstRow: row,
          beforeY: 2,
          beforeX: 2,
          fold: 1,
          bgr: 0,
          mean0: 117,
          mean1: 117,
          mean2: 117,
        }),
      );
    },
  },
  f32_resize_triangle: {
    size: '500x375 to 224 columns',
    bytes: 3 * 375 * (500 + 4 * 224),
    prepare(core) {
      const [w, h, to] = [500, 375, 224];
      const src = core.put(Uint8Array.from(uniform(w * h * 3, 1), (v) => Math.floor(128 + 127 * v)));
      // Weights of the triangle filter, as src/images/resize.ts has them.
      const scale = w / to;
      const stride = Math.ceil(2 * scale) + 1;
      const taps = new Int32Array(2 * to);
      const weights = new Float32Array(to * stride);
      for (let x = 0; x < to; x++) {
        const centre = (x + 0.5) * scale;
        const first = Math.max(0, Math.floor(centre - scale + 0.5));
        const count = Math.min(w, Math.floor(centre + scale + 0.5)) - first;
        taps.set([first, count], 2 * x);
        for (let i = 0; i < count; i++)
          weights[x * stride + i] = Math.max(0, 1 - Math.abs(first + i + 0.5 - centre) / scale) / scale;
      }
      const t = core.put(taps);
      const k = core.put(weights);
      const out = core.alloc32(h * to * 3);
      return writes(core, out, h * to * 3, () =>
        core.kernels.f32_resize_triangle_x({
          src,
          srcRow: 3 * w,
          rows: h,
          taps: t,
          weights: k,
          weightStride: stride,
          out,
          outWidth: to,
        }),
      );
    },
  },
};
