// Which algorithm computes a convolution. A function of the layer alone: Winograd and the
// direct form differ in the last bits, so this choice is part of the contract and depends
// neither on the machine nor on the input size (docs/kernels.md).
import type { Layer } from './types.js';

export type Algorithm =
  | { kind: 'direct' }
  /** 1x1: pixels interleaved in groups of 4, or of 8 where isPaired. */
  | { kind: 'pointwise' }
  /** m x m outputs from each tile x tile pixels; `fold`: stride 2 made stride 1 by 2x2 pixels -> channels. */
  | { kind: 'winograd'; tile: 6 | 8; m: number; taps: 3 | 4 | 5; fold: boolean };

type Conv = Extract<Layer, { op: 'conv' }>;

export function algorithm(layer: Conv): Algorithm {
  if (layer.in === 'input' && layer.size === 7 && layer.stride === 2)
    return { kind: 'winograd', tile: 8, m: 5, taps: 4, fold: true };
  if (layer.stride === 1 && layer.size === 3)
    return /^mixed[45]/.test(layer.out)
      ? { kind: 'winograd', tile: 6, m: 4, taps: 3, fold: false }
      : { kind: 'winograd', tile: 8, m: 6, taps: 3, fold: false };
  if (layer.stride === 1 && layer.size === 5)
    return { kind: 'winograd', tile: 8, m: 4, taps: 5, fold: false };
  if (layer.size === 1 && layer.in !== 'input') return { kind: 'pointwise' };
  return { kind: 'direct' };
}

/** Whether a 1x1 convolution uses f32_conv1x1_8x16, which pays from 64 channels on. */
export function isPaired(layer: Conv, channels: number): boolean {
  return (
    algorithm(layer).kind === 'pointwise' && channels >= 64 && channels % 8 === 0 && layer.filters % 16 === 0
  );
}

/** w[f, c, 7, 7] -> [f, place(dy, dx)*3 + c, 4, 4]: the same sums over 2x2-folded pixels (f32_image_input). */
export function foldWeights(weight: Float32Array, filters: number, size: number): Float32Array {
  const taps = (size + 1) >> 1;
  const out = new Float32Array(filters * 12 * taps * taps);
  for (let f = 0; f < filters; f++)
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++) {
          const channel = (y & 1 ? 2 + (x & 1) : 1 - (x & 1)) * 3 + c;
          out[((f * 12 + channel) * taps + (y >> 1)) * taps + (x >> 1)] =
            weight[((f * 3 + c) * size + y) * size + x];
        }
  return out;
}
