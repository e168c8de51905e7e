// Convolutions over tables of pixel addresses: any window (f32_conv_4x8), 1x1 (f32_conv1x1_4x8), and
// 1x1 of the same pixels, 8 of them at a time (f32_conv1x1_8x16).
import type { Core } from '../../../core/core.js';
import type { Group, Place, Shape, Site } from '../op.js';
import { inTurn, reluStep } from '../relu.js';
import { putBias, withRaw } from '../weights.js';
import type { Algorithm } from './algorithm.js';
import { type ConvLayer, hasRelu } from './layer.js';

/** Bytes of source pixels a turn: they stay in the L1 cache. */
const TURN = 24576;
/** Groups of 4 pixels a turn. */
const groupsPerTurn = (bytesPerPixel: number): number => Math.max(2, Math.floor(TURN / (4 * bytesPerPixel)));
/** The same for f32_conv1x1_8x16, which holds 7 halves for every 4 of them: even. */
const pairedTurn = (channels: number): number => 2 * Math.max(1, Math.floor(TURN / (28 * channels)));

export const pointwiseScratch = (core: Core, isPaired: boolean, channels: number): number =>
  isPaired
    ? core.kernels.f32_conv1x1_8x16_scratch({ block: pairedTurn(channels), cin: channels })
    : 16 * channels * groupsPerTurn(4 * channels);

export function directStep(
  { core, scratch, parameters, shapes, at }: Site,
  layer: ConvLayer,
  kind: Exclude<Algorithm['kind'], 'winograd'>,
  to: Place,
  rectify: boolean,
): () => void {
  const k = core.kernels;
  const from = at(layer.in);
  const { weight, bias } = parameters.get(layer.out)!;
  const biases = putBias(core, bias, 8);
  const { size, stride, filters } = layer;
  const { channels: cin } = from.shape;
  const packed = core.alloc32(Math.ceil(filters / 8) * 8 * size * size * cin);
  withRaw(core, weight, (raw) =>
    k.f32_conv_pack8({ weight: raw, packed, cout: filters, cin, kh: size, kw: size }),
  );

  const groups = Math.ceil((to.shape.height * to.shape.width) / 4);
  const table = core.alloc32(8 * groups);
  const { beforeY, beforeX } = shapes.get(layer.out)!;
  const ptr = from.ptr - beforeY * from.row - beforeX * from.pixel;
  const sources = { ptr, row: stride * from.row, pixel: stride * from.pixel };
  putAddresses(core, table, 8, groups, sources, to.shape);
  putAddresses(core, table + 16, 8, groups, to, to.shape);
  const block = groupsPerTurn(4 * cin * size);
  const operands = { table, groups, block, packed, bias: biases, cout: filters, relu: Number(rectify) };
  const pointwise = { ...operands, cin, scratch };
  const direct = { ...operands, kh: size, srcRow: from.row, segment: size * cin };
  return kind === 'pointwise' ? () => k.f32_conv1x1_4x8(pointwise) : () => k.f32_conv_4x8(direct);
}

/** Siblings: 1x1 convolutions of the same pixels, which are interleaved once for all of them. */
export const siblings = (layers: readonly ConvLayer[]): Group => ({
  layers,
  name: layers[0].out,
  forward: (site) => siblingStep(site, layers),
});

function siblingStep(
  { core, scratch, parameters, at, before }: Site,
  layers: readonly ConvLayer[],
): () => void {
  const k = core.kernels;
  const from = at(layers[0].in);
  const { channels, height, width } = from.shape;
  const groups = 2 * Math.ceil((height * width) / 8);
  const addresses = (place: Place): number => {
    const table = core.alloc32(4 * groups);
    putAddresses(core, table, 4, groups, place, from.shape);
    return table;
  };
  const sources = addresses(from);
  const relus: (() => void)[] = [];
  const records = layers.flatMap((layer) => {
    const { out, filters } = layer;
    const { weight, bias } = parameters.get(out)!;
    const packed = core.alloc32((7 * channels * filters) / 4);
    withRaw(core, weight, (raw) => {
      const panels = core.alloc32(channels * filters);
      k.f32_conv_pack8({ weight: raw, packed: panels, cout: filters, cin: channels, kh: 1, kw: 1 });
      k.f32_conv1x1_8x16_pack({ panels, packed, cout: filters, cin: channels });
    });
    const pre = before(out);
    if (pre) relus.push(reluStep(core, pre, at(out)));
    const rectify = hasRelu(layer) && !pre;
    return [packed, putBias(core, bias, 8), filters, Number(rectify), addresses(pre ?? at(out))];
  });
  const outputs = core.put(Int32Array.from(records));
  const operands = {
    ...{ sources, groups, block: pairedTurn(channels), cin: channels },
    ...{ outputs, outputCount: layers.length, scratch },
  };
  return inTurn(() => k.f32_conv1x1_8x16(operands), ...relus);
}

/** Addresses of pixels in groups of 4, `step` words from group to group; the last pixel fills the last groups. */
function putAddresses(
  core: Core,
  table: number,
  step: number,
  groups: number,
  { ptr, row, pixel }: Pick<Place, 'ptr' | 'row' | 'pixel'>,
  { height, width }: Shape,
): void {
  const entries = core.i32(table, step * (groups - 1) + 4);
  for (let i = 0; i < 4 * groups; i++) {
    const p = Math.min(i, height * width - 1);
    entries[step * (i >> 2) + (i & 3)] = ptr + Math.floor(p / width) * row + (p % width) * pixel;
  }
}
