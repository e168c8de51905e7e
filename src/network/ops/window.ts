// Windows that slide over a map (convolution, pools): sizes with each original's padding rule
// (METHODS 1.4), and where they look.
import { isMap, type Look, type Shape } from './op.js';

export type Padding =
  | { rule: 'same' } // TensorFlow SAME, asymmetric at stride 2
  | { rule: 'valid' }
  | { rule: 'explicit'; pad: number } // zeros (convolution) on every side, floor output size
  | { rule: 'caffe'; pad: number }; // pools: ceil output size, windows clipped to the image

/** Square windows. */
export interface Windowed {
  size: number;
  stride: number;
  padding: Padding;
}

const RULES = ['same', 'valid', 'explicit', 'caffe'];

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

export function windowShape({ size, stride, padding }: Windowed, from: Shape, channels: number): Shape {
  const y = extent(from.height, size, stride, padding);
  const x = extent(from.width, size, stride, padding);
  return {
    ...{ dims: [y.size, x.size, channels], height: y.size, width: x.size, channels },
    ...{ beforeY: y.before, beforeX: x.before },
  };
}

export const windowLook = ({ size, stride }: Windowed, seen: Look, out: Shape): Look => ({
  stride: seen.stride * stride,
  centre: seen.centre + seen.stride * ((size - 1) / 2 - out.beforeX),
  field: seen.field + seen.stride * (size - 1),
});

export const isCount = (n: unknown): n is number => Number.isInteger(n) && (n as number) > 0;

/** What is wrong with a window over `from`. */
export function checkWindow({ size, stride, padding }: Windowed, from: Shape): string | undefined {
  if (!isMap(from)) return `reads [${from.dims}], must read a map [H,W,C]`;
  if (!isCount(size) || !isCount(stride))
    return `size ${size} and stride ${stride} must be whole numbers from 1`;
  if (!RULES.includes(padding?.rule)) return `padding must have a rule of ${RULES.join(', ')}`;
  if ('pad' in padding && !(Number.isInteger(padding.pad) && padding.pad >= 0))
    return `padding of ${padding.pad} must be a whole number from 0`;
  return undefined;
}

/** The kernels work on 4 channels at a time. */
export const checkFours = (what: string, n: number): string | undefined =>
  n % 4 ? `${what} ${n}: must be a multiple of 4` : undefined;
