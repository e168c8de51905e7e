// Sizes: what each layer makes of its input, with each original's padding rule (METHODS 1.4).
import { UsageError } from '../core/errors.js';
import type { Layer, NetworkDescription, Padding } from './types.js';

/** Inputs beyond this side are refused before anything is allocated. */
export const LARGEST_SIDE = 8192;

export interface Shape {
  height: number;
  width: number;
  channels: number;
  /** Rows (columns) of padding above (left of) the input of the layer that made it. */
  beforeY: number;
  beforeX: number;
}

/** Output size and leading padding along one axis. The size may come out < 1: no output. */
export function extent(
  n: number,
  size: number,
  stride: number,
  padding: Padding,
): { size: number; before: number } {
  switch (padding.rule) {
    case 'same': {
      const out = Math.ceil(n / stride);
      const total = Math.max((out - 1) * stride + size - n, 0);
      return { size: out, before: Math.floor(total / 2) };
    }
    case 'valid':
      return { size: Math.floor((n - size) / stride) + 1, before: 0 };
    case 'explicit':
      return { size: Math.floor((n + 2 * padding.pad - size) / stride) + 1, before: padding.pad };
    case 'caffe': {
      const { pad } = padding;
      let out = Math.ceil((n + 2 * pad - size) / stride) + 1;
      if (pad > 0 && (out - 1) * stride >= n + pad) out--;
      return { size: out, before: pad };
    }
  }
}

export const inputsOf = (layer: Layer): string[] => (layer.op === 'concat' ? layer.in : [layer.in]);

/**
 * Shapes of `input` and of every layer of `layers` (in order of computation, with all
 * that they read). UsageError where the input is too small for one of them.
 */
export function shapes(
  description: NetworkDescription,
  layers: Layer[],
  height: number,
  width: number,
): Map<string, Shape> {
  for (const n of [height, width])
    if (!Number.isInteger(n) || n < 1 || n > LARGEST_SIDE)
      throw new UsageError(
        `input size ${height}x${width}: sides are whole numbers from 1 to ${LARGEST_SIDE} pixels`,
      );
  const all = new Map<string, Shape>([['input', { height, width, channels: 3, beforeY: 0, beforeX: 0 }]]);
  for (const layer of layers) {
    const from = inputsOf(layer).map((name) => all.get(name)!);
    const shape = shapeOf(layer, from);
    const native = layer.op === 'avgpool' || layer.op === 'linear' || layer.op === 'softmax';
    if (native && (height !== description.size || width !== description.size))
      throw new UsageError(
        `tap '${layer.out}' needs an input of ${description.size}x${description.size} pixels, not ${height}x${width}`,
      );
    if (shape.height < 1 || shape.width < 1)
      throw new UsageError(
        `an input of ${height}x${width} pixels is too small for tap '${layer.out}'; use a larger one`,
      );
    all.set(layer.out, shape);
  }
  return all;
}

function shapeOf(layer: Layer, from: Shape[]): Shape {
  const [{ height, width, channels }] = from;
  switch (layer.op) {
    case 'conv':
    case 'maxpool':
    case 'avgpool': {
      const y = extent(height, layer.size, layer.stride, layer.padding);
      const x = extent(width, layer.size, layer.stride, layer.padding);
      return {
        height: y.size,
        width: x.size,
        channels: layer.op === 'conv' ? layer.filters : channels,
        beforeY: y.before,
        beforeX: x.before,
      };
    }
    case 'concat':
      return {
        height,
        width,
        channels: from.reduce((n, f) => n + f.channels, 0),
        beforeY: 0,
        beforeX: 0,
      };
    case 'linear':
      return { height: 1, width: 1, channels: layer.units, beforeY: 0, beforeX: 0 };
    case 'lrn':
    case 'softmax':
      return { height, width, channels, beforeY: 0, beforeX: 0 };
  }
}
