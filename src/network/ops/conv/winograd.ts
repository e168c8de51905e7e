// Convolutions by Winograd's minimal filtering, in turns of rows.
import type { Core } from '../../../core/core.js';
import type { Place, Site } from '../op.js';
import { source, target } from '../operands.js';
import { putBias, withRaw } from '../weights.js';
import type { Winograd } from './algorithm.js';
import type { ConvLayer } from './layer.js';

/** Tiles a turn, by edge: V and M of a turn stay in the L2 cache. */
const TILES = { 6: 16, 8: 8 };

/** Bytes of scratch; `channels`: of the (folded) input. */
export const winogradScratch = (core: Core, { tile }: Winograd, channels: number, filters: number): number =>
  kernelsOf(core, tile).scratch({ block: TILES[tile], cin: channels, cout: filters });

/** From row `y` on, a multiple of how.m, `rows` rows to `dst`. */
export function winogradRows(
  site: Site,
  layer: ConvLayer,
  how: Winograd,
  to: Place,
  rectify: boolean,
): (y: number, rows: number, dst: number) => void {
  const from = site.at(layer.in);
  const { weight, bias } = site.parameters.get(layer.out)!;
  const { filters, size } = layer;
  const { beforeY, beforeX } = site.shapes.get(layer.out)!;
  // A folded input begins at its padded corner already.
  const origin = how.fold ? from.ptr : from.ptr - beforeY * from.row - beforeX * from.pixel;
  const taps = how.fold ? foldWeights(weight, filters, size) : weight;
  return winogradTurns(site, how, { ...from, ptr: origin }, { weight: taps, bias, filters }, to, rectify);
}

/** The same in numbers: `from` at the padded corner of output (0,0), weights [filters][channels][taps][taps]. */
export function winogradTurns(
  { core, scratch }: Pick<Site, 'core' | 'scratch'>,
  how: Winograd,
  from: Place,
  { weight, bias, filters }: { weight: Float32Array; bias: Float32Array; filters: number },
  to: Place,
  rectify: boolean,
): (y: number, rows: number, dst: number) => void {
  const { run, pack } = kernelsOf(core, how.tile);
  const biases = putBias(core, bias, 8);
  const { channels: cin } = from.shape;
  const packed = core.alloc32(how.tile ** 2 * (cin * Math.ceil(filters / 8) * 8 + 16));
  withRaw(core, weight, (raw) =>
    pack({ weight: raw, packed, cout: filters, cin, size: how.taps, scratch: core.alloc(1024) }),
  );
  const operands = {
    ...{ ...source(from), cin, packed, bias: biases },
    ...{ ...target(to), outWidth: to.shape.width, cout: filters },
    ...{ outputs: how.m, relu: Number(rectify), fold: Number(how.fold), block: TILES[how.tile], scratch },
  };
  return (y, rows, dst) => run({ ...operands, src: from.ptr + y * from.row, dst, outHeight: rows });
}

/** Channel of a folded pixel where pixel (y, x) of the window, or of the padded picture, lies. */
const folded = (y: number, x: number, c: number): number => (y & 1 ? 2 + (x & 1) : 1 - (x & 1)) * 3 + c;

/** w[f, c, size, size] -> [f, place(dy, dx)*3 + c, taps, taps]: the same sums over 2x2-folded pixels (f32_image_input). */
export function foldWeights(weight: Float32Array, filters: number, size: number): Float32Array {
  const taps = (size + 1) >> 1;
  const out = new Float32Array(filters * 12 * taps * taps);
  for (let f = 0; f < filters; f++)
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          out[((f * 12 + folded(y, x, c)) * taps + (y >> 1)) * taps + (x >> 1)] =
            weight[((f * 3 + c) * size + y) * size + x];
  return out;
}

/** The way back of gradients by folded weights, [filters][taps * taps][wide], to w[f, c, size, size]. */
export function unfoldWeights(
  from: Float32Array,
  filters: number,
  size: number,
  wide: number,
  weight: Float32Array,
): void {
  const taps = (size + 1) >> 1;
  for (let f = 0, to = 0; f < filters; f++)
    for (let c = 0; c < 3; c++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          weight[to++] = from[((f * taps + (y >> 1)) * taps + (x >> 1)) * wide + folded(y, x, c)];
}

function kernelsOf({ kernels: k }: Core, tile: 6 | 8) {
  return tile === 8
    ? { run: k.f32_winograd_8x8, pack: k.f32_winograd_8x8_pack, scratch: k.f32_winograd_8x8_scratch }
    : { run: k.f32_winograd_6x6, pack: k.f32_winograd_6x6_pack, scratch: k.f32_winograd_6x6_scratch };
}
