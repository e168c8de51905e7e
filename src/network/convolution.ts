// Convolutions -> closures over the kernels: packs weights, builds tables of addresses, fixes pointers.
import type { Core } from '../core/core.js';
import { type Algorithm, algorithm, foldWeights, isPaired } from './algorithm.js';
import type { Shape } from './geometry.js';
import type { Plan, View } from './plan.js';
import type { Layer, Parameters } from './types.js';

/** A view with its address: `ptr` is pixel (0,0). */
export type Place = View & { ptr: number };

/** Memory that layers use one after the other. */
export interface Scratch {
  winograd: number;
  softmax: number;
  pointwise: number;
}

/** What the layers of a session are built on. */
export interface Site {
  core: Core;
  parameters: Parameters;
  shapes: Plan['shapes'];
  scratch: Scratch;
  /** A tensor. */
  at(name: string): Place;
  /** Where values before the ReLU go, if anybody wants them. */
  before(name: string): Place | undefined;
}

type Conv = Extract<Layer, { op: 'conv' }>;
type Winograd = Extract<Algorithm, { kind: 'winograd' }>;

/** Tiles a turn of Winograd, by edge: V and M of a turn stay in the L2 cache. */
const TILES = { 6: 16, 8: 8 };
/** Bytes of source pixels a turn of the direct forms: they stay in the L1 cache. */
const TURN = 24576;
/** Groups of 4 pixels a turn. */
const groupsPerTurn = (bytesPerPixel: number): number => Math.max(2, Math.floor(TURN / (4 * bytesPerPixel)));
/** The same for f32_conv1x1_8x16, which holds 7 halves for every 4 of them: even. */
const pairedTurn = (cin: number): number => 2 * Math.max(1, Math.floor(TURN / (28 * cin)));

export function scratchFor(core: Core, plan: Plan): Scratch {
  let winograd = 0;
  let softmax = 0;
  let pointwise = 0;
  for (const layer of plan.layers) {
    const { channels } = plan.shapes.get(layer.out)!;
    if (layer.op === 'softmax') softmax = Math.max(softmax, 8 * channels);
    if (layer.op !== 'conv') continue;
    const how = algorithm(layer);
    const cin = plan.views.get(layer.in)!.shape.channels;
    if (how.kind === 'winograd')
      winograd = Math.max(winograd, winogradKernels(core, how.tile).scratch(TILES[how.tile], cin, channels));
    if (how.kind !== 'pointwise') continue;
    const bytes = isPaired(layer, cin)
      ? core.exports.f32_conv1x1_8x16_scratch(pairedTurn(cin), cin)
      : 16 * cin * groupsPerTurn(4 * cin);
    pointwise = Math.max(pointwise, bytes);
  }
  return {
    winograd: core.alloc(winograd),
    softmax: core.alloc(softmax),
    pointwise: core.alloc(pointwise),
  };
}

/** A convolution by itself. */
export function convolutionStep(site: Site, layer: Conv): () => void {
  const to = site.at(layer.out);
  const pre = site.before(layer.out);
  const run = convolution(site, layer, pre ?? to, !pre);
  return pre ? inTurn(run, relu(site.core, pre, to)) : run;
}

/** 1x1 convolutions of the same pixels (isPaired), which are interleaved once for all of them. */
export function siblingStep(site: Site, layers: Conv[]): () => void {
  const { core, scratch } = site;
  const k = core.exports;
  const from = site.at(layers[0].in);
  const { channels, height, width } = from.shape;
  const groups = 2 * Math.ceil((height * width) / 8);
  const addresses = (place: Place): number => {
    const table = core.alloc32(4 * groups);
    putAddresses(core, table, 4, groups, place, from.shape);
    return table;
  };
  const sources = addresses(from);
  const relus: (() => void)[] = [];
  const records = layers.flatMap(({ out, filters }) => {
    const { weight, bias } = site.parameters.get(out)!;
    const packed = core.alloc32((7 * channels * filters) / 4);
    withRaw(core, weight, (raw) => {
      const panels = core.alloc32(channels * filters);
      k.f32_conv_pack8(raw, panels, filters, channels, 1, 1);
      k.f32_conv1x1_8x16_pack(panels, packed, filters, channels);
    });
    const pre = site.before(out);
    if (pre) relus.push(relu(core, pre, site.at(out)));
    return [packed, putBias(core, bias), filters, Number(!pre), addresses(pre ?? site.at(out))];
  });
  const outputs = core.put(Int32Array.from(records));
  const turn = pairedTurn(channels);
  return inTurn(
    () => k.f32_conv1x1_8x16(sources, groups, turn, channels, outputs, layers.length, scratch.pointwise),
    ...relus,
  );
}

function convolution(site: Site, layer: Conv, to: Place, rectify: boolean): () => void {
  const how = algorithm(layer);
  if (how.kind === 'winograd') {
    const run = winogradRows(site, layer, how, to, rectify);
    return () => run(0, to.shape.height, to.ptr);
  }
  const { core, scratch } = site;
  const k = core.exports;
  const from = site.at(layer.in);
  const { weight, bias } = site.parameters.get(layer.out)!;
  const biases = putBias(core, bias);
  const { size, stride, filters } = layer;
  const { channels: cin } = from.shape;
  const packed = core.alloc32(Math.ceil(filters / 8) * 8 * size * size * cin);
  withRaw(core, weight, (raw) => k.f32_conv_pack8(raw, packed, filters, cin, size, size));

  const groups = Math.ceil((to.shape.height * to.shape.width) / 4);
  const table = core.alloc32(8 * groups);
  const { beforeY, beforeX } = site.shapes.get(layer.out)!;
  const ptr = from.ptr - beforeY * from.row - beforeX * from.pixel;
  const sources = { ptr, row: stride * from.row, pixel: stride * from.pixel };
  putAddresses(core, table, 8, groups, sources, to.shape);
  putAddresses(core, table + 16, 8, groups, to, to.shape);
  if (how.kind === 'pointwise') {
    const turn = groupsPerTurn(4 * cin);
    return () =>
      k.f32_conv1x1_4x8(
        table,
        groups,
        turn,
        cin,
        packed,
        biases,
        filters,
        Number(rectify),
        scratch.pointwise,
      );
  }
  const block = groupsPerTurn(4 * cin * size);
  return () =>
    k.f32_conv_4x8(
      ...[table, groups, block, size, from.row, size * cin],
      ...[packed, biases, filters, Number(rectify)],
    );
}

/** Rows of a Winograd convolution: from row `y` on, a multiple of how.m, `rows` of them to `dst`. */
export function winogradRows(
  site: Site,
  layer: Conv,
  how: Winograd,
  to: Place,
  rectify: boolean,
): (y: number, rows: number, dst: number) => void {
  const { core, scratch } = site;
  const { run, pack } = winogradKernels(core, how.tile);
  const from = site.at(layer.in);
  const { weight, bias } = site.parameters.get(layer.out)!;
  const biases = putBias(core, bias);
  const { filters } = layer;
  const { channels: cin } = from.shape;
  const packed = core.alloc32(how.tile ** 2 * (cin * Math.ceil(filters / 8) * 8 + 16));
  withRaw(core, how.fold ? foldWeights(weight, filters, layer.size) : weight, (raw) =>
    pack(raw, packed, filters, cin, how.taps, core.alloc(1024)),
  );
  const { beforeY, beforeX } = site.shapes.get(layer.out)!;
  // A folded input begins at its padded corner already.
  const origin = how.fold ? from.ptr : from.ptr - beforeY * from.row - beforeX * from.pixel;
  return (y, rows, dst) =>
    run(
      ...[origin + y * from.row, from.pixel, from.row, cin, packed, biases],
      ...[dst, to.pixel, to.row, rows, to.shape.width, filters],
      ...[how.m, Number(rectify), Number(how.fold), TILES[how.tile], scratch.winograd],
    );
}

function winogradKernels({ exports: k }: Core, tile: 6 | 8) {
  return tile === 8
    ? { run: k.f32_winograd_8x8, pack: k.f32_winograd_8x8_pack, scratch: k.f32_winograd_8x8_scratch }
    : { run: k.f32_winograd_6x6, pack: k.f32_winograd_6x6_pack, scratch: k.f32_winograd_6x6_scratch };
}

/** ReLU of a tensor whose values before it are a tap. */
function relu(core: Core, pre: Place, to: Place): () => void {
  const { height, width, channels } = to.shape;
  const { f32_relu } = core.exports;
  return () => f32_relu(pre.ptr, pre.pixel, pre.row, to.ptr, to.pixel, to.row, height, width, channels);
}

const inTurn =
  (...steps: (() => void)[]): (() => void) =>
  () => {
    for (const step of steps) step();
  };

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

/** Biases, with room for a multiple of 8. */
function putBias(core: Core, bias: Float32Array): number {
  const ptr = core.alloc32(Math.ceil(bias.length / 8) * 8);
  core.f32(ptr, bias.length).set(bias);
  return ptr;
}

/** The weights as they are in the file, in memory that is given back at once. */
export function withRaw(core: Core, weight: Float32Array, pack: (raw: number) => void): void {
  const mark = core.mark();
  pack(core.put(weight));
  core.release(mark);
}
