// What the two descriptions share: the plan of an Inception block.
import type { ConvLayer, Layer, Padding } from '../src/network/types.js';

/** Filters of a block: 1x1, 3x3 bottleneck, 3x3, 5x5 bottleneck, 5x5, pool_reduce. */
export type Widths = [number, number, number, number, number, number];

export interface Rules {
  /** Padding of a stride-1 convolution or pool that keeps the size. */
  keep(size: number): Padding;
  /** Padding of the block's own 3x3/1 max-pool. */
  pool: Padding;
  /** Winograd's tile for the 3x3. */
  tile?: 6 | 8;
}

/** Concatenated in the order 1x1, 3x3, 5x5, pool; every convolution has its ReLU. Units go by the block's name, as Lucid's do. */
export function block(name: string, from: string, widths: Widths, rules: Rules): Layer[] {
  const [one, bottleneck3, three, bottleneck5, five, reduce] = widths;
  const conv = (suffix: string, source: string, size: number, filters: number): ConvLayer => ({
    op: 'conv',
    out: `${name}_${suffix}`,
    in: source,
    size,
    stride: 1,
    filters,
    padding: rules.keep(size),
  });
  return [
    conv('1x1', from, 1, one),
    conv('3x3_bottleneck', from, 1, bottleneck3),
    { ...conv('3x3', `${name}_3x3_bottleneck`, 3, three), ...(rules.tile && { tile: rules.tile }) },
    conv('5x5_bottleneck', from, 1, bottleneck5),
    conv('5x5', `${name}_5x5_bottleneck`, 5, five),
    { op: 'maxpool', out: `${name}_pool`, in: from, size: 3, stride: 1, padding: rules.pool },
    conv('pool_reduce', `${name}_pool`, 1, reduce),
    {
      op: 'concat',
      out: name,
      in: ['1x1', '3x3', '5x5', 'pool_reduce'].map((s) => `${name}_${s}`),
      units: 'whole',
    },
  ];
}
