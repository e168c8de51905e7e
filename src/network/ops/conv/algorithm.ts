// Which algorithm computes a convolution. A function of the layer and of its input channels alone:
// Winograd and the direct form differ in the last bits, so this choice is part of the contract and
// depends neither on the machine nor on the input size (docs/kernels.md).
import type { ConvLayer } from './layer.js';

export type Algorithm =
  | { kind: 'direct' }
  /** 1x1, pixels interleaved in groups of 4; `isPaired`: of 8, by f32_conv1x1_8x16, which pays from 64 channels on. */
  | { kind: 'pointwise'; isPaired: boolean }
  /** m x m outputs from each tile x tile pixels; `fold`: stride 2 made stride 1 by 2x2 pixels -> channels. */
  | { kind: 'winograd'; tile: 6 | 8; m: number; taps: number; fold: boolean };

export type Winograd = Extract<Algorithm, { kind: 'winograd' }>;

/** `channels`: of its input, before any fold. Kernels other than the direct one take 4 at a time. */
export function algorithm(layer: ConvLayer, channels: number): Algorithm {
  const { size, stride, tile = 8, fold = false } = layer;
  const winograd = (taps: number): Winograd => ({ kind: 'winograd', tile, m: tile - taps + 1, taps, fold });
  if (fold) return winograd((size + 1) / 2);
  if (channels % 4) return { kind: 'direct' };
  if (stride === 1 && (size === 3 || size === 5)) return winograd(size);
  if (size === 1) return { kind: 'pointwise', isPaired: isPaired(layer, channels) };
  return { kind: 'direct' };
}

/** f32_conv1x1_8x16 reads and writes the same pixels: no stride, no padding. */
function isPaired({ stride, padding, filters }: ConvLayer, channels: number): boolean {
  const isSamePixels = stride === 1 && !('pad' in padding && padding.pad > 0);
  return isSamePixels && pairs(channels, filters);
}

/** Channels and filters that f32_conv1x1_8x16 can do with, and pays for. */
export const pairs = (channels: number, filters: number): boolean =>
  channels >= 64 && channels % 8 === 0 && filters % 16 === 0;
