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

/** Weights of a convolution as files have them, [filters][channels][kh][kw], and a bias for each filter. */
export interface Filters {
  weight: Float32Array;
  bias: Float32Array;
  filters: number;
  kh: number;
  kw: number;
}

/** What a window reads: `ptr` for output (0,0), bytes from output to output and from row to row of the source. */
export interface Reading extends Pick<Place, 'ptr' | 'row' | 'pixel'> {
  sourceRow: number;
  channels: number;
}

/** What is written: its height and width are those of the output. */
export type Writing = Pick<Place, 'ptr' | 'row' | 'pixel'> & { shape: Pick<Shape, 'height' | 'width'> };

type Memory = Pick<Site, 'core' | 'scratch'>;

export function directStep(
  site: Site,
  layer: ConvLayer,
  kind: Exclude<Algorithm['kind'], 'winograd'>,
  to: Place,
  rectify: boolean,
): () => void {
  const from = site.at(layer.in);
  const { weight, bias } = site.parameters.get(layer.out)!;
  const { size, stride, filters } = layer;
  const { beforeY, beforeX } = site.shapes.get(layer.out)!;
  const reading = {
    ...{ ptr: from.ptr - beforeY * from.row - beforeX * from.pixel, sourceRow: from.row },
    ...{ row: stride * from.row, pixel: stride * from.pixel, channels: from.shape.channels },
  };
  return tabledStep(site, kind, reading, { weight, bias, filters, kh: size, kw: size }, to, rectify);
}

/** Over a table of addresses. */
export function tabledStep(
  { core, scratch }: Memory,
  kind: Exclude<Algorithm['kind'], 'winograd'>,
  from: Reading,
  { weight, bias, filters, kh, kw }: Filters,
  to: Writing,
  rectify: boolean,
): () => void {
  const k = core.kernels;
  const biases = putBias(core, bias, 8);
  const { channels: cin } = from;
  const packed = core.alloc32(Math.ceil(filters / 8) * 8 * kh * kw * cin);
  withRaw(core, weight, (raw) => k.f32_conv_pack8({ weight: raw, packed, cout: filters, cin, kh, kw }));
  const groups = Math.ceil((to.shape.height * to.shape.width) / 4);
  const table = core.alloc32(8 * groups);
  putAddresses(core, table, 8, groups, from, to.shape);
  putAddresses(core, table + 16, 8, groups, to, to.shape);
  const block = groupsPerTurn(4 * cin * kw);
  const operands = { table, groups, block, packed, bias: biases, cout: filters, relu: Number(rectify) };
  const pointwise = { ...operands, cin, scratch };
  const direct = { ...operands, kh, srcRow: from.sourceRow, segment: kw * cin };
  return kind === 'pointwise' ? () => k.f32_conv1x1_4x8(pointwise) : () => k.f32_conv_4x8(direct);
}

/** Siblings: 1x1 convolutions of the same pixels, which are interleaved once for all of them. */
export const siblings = (layers: readonly ConvLayer[]): Group => ({
  layers,
  name: layers[0].out,
  forward: (site) => siblingStep(site, layers),
});

function siblingStep(site: Site, layers: readonly ConvLayer[]): () => void {
  const { core, parameters, at, before } = site;
  const relus: (() => void)[] = [];
  const outputs = layers.map((layer) => {
    const { out, filters } = layer;
    const pre = before(out);
    if (pre) relus.push(reluStep(core, pre, at(out)));
    return { ...parameters.get(out)!, filters, to: pre ?? at(out), rectify: hasRelu(layer) && !pre };
  });
  return inTurn(pairedStep(site, at(layers[0].in), outputs), ...relus);
}

/** One of the convolutions that pairedStep computes. */
export interface PairedOutput extends Pick<Filters, 'weight' | 'bias' | 'filters'> {
  to: Writing;
  rectify: boolean;
}

/** 1x1 convolutions of the same pixels, by f32_conv1x1_8x16. */
export function pairedStep(
  { core, scratch }: Memory,
  from: Place,
  outputs: readonly PairedOutput[],
): () => void {
  const k = core.kernels;
  const { channels, height, width } = from.shape;
  const groups = 2 * Math.ceil((height * width) / 8);
  const addresses = (place: Writing): number => {
    const table = core.alloc32(4 * groups);
    putAddresses(core, table, 4, groups, place, from.shape);
    return table;
  };
  const sources = addresses(from);
  const records = outputs.flatMap(({ weight, bias, filters, to, rectify }) => {
    const packed = core.alloc32((7 * channels * filters) / 4);
    withRaw(core, weight, (raw) => {
      const panels = core.alloc32(channels * filters);
      k.f32_conv_pack8({ weight: raw, packed: panels, cout: filters, cin: channels, kh: 1, kw: 1 });
      k.f32_conv1x1_8x16_pack({ panels, packed, cout: filters, cin: channels });
    });
    return [packed, putBias(core, bias, 8), filters, Number(rectify), addresses(to)];
  });
  const operands = {
    ...{ sources, groups, block: pairedTurn(channels), cin: channels },
    ...{ outputs: core.put(Int32Array.from(records)), outputCount: outputs.length, scratch },
  };
  return () => k.f32_conv1x1_8x16(operands);
}

/** Addresses of pixels in groups of 4, `step` words from group to group; the last pixel fills the last groups. */
function putAddresses(
  core: Core,
  table: number,
  step: number,
  groups: number,
  { ptr, row, pixel }: Pick<Place, 'ptr' | 'row' | 'pixel'>,
  { height, width }: Pick<Shape, 'height' | 'width'>,
): void {
  const entries = core.i32(table, step * (groups - 1) + 4);
  for (let i = 0; i < 4 * groups; i++) {
    const p = Math.min(i, height * width - 1);
    entries[step * (i >> 2) + (i & 3)] = ptr + Math.floor(p / width) * row + (p % width) * pixel;
  }
}
