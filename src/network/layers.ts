// One layer -> one closure over the kernels: packs weights, builds tables, fixes pointers.
import type { Core } from '../core/core.js';
import { CurvesaeError } from '../core/errors.js';
import { type Algorithm, algorithm, foldWeights } from './algorithm.js';
import { type Band, turnsOf } from './bands.js';
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

type Conv = Extract<Layer, { op: 'conv' }>;

/** Tiles a turn of Winograd, by edge: V and M of a turn stay in the L2 cache. */
const TILES = { 6: 16, 8: 8 };
/** Bytes of source pixels a turn of the direct forms: they stay in the L1 cache. */
const TURN = 24576;
/** Groups of 4 pixels a turn. */
const groupsPerTurn = (bytesPerPixel: number): number => Math.max(2, Math.floor(TURN / (4 * bytesPerPixel)));

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
    if (how.kind === 'pointwise') pointwise = Math.max(pointwise, 16 * cin * groupsPerTurn(4 * cin));
  }
  return {
    winograd: core.alloc(winograd),
    softmax: core.alloc(softmax),
    pointwise: core.alloc(pointwise),
  };
}

/** `pre`: where values before the ReLU go, if anybody wants them. */
export function buildStep(
  core: Core,
  layer: Exclude<Layer, { op: 'concat' }>,
  from: Place,
  to: Place,
  pre: Place | undefined,
  before: { y: number; x: number },
  parameters: Parameters,
  scratch: Scratch,
): () => void {
  const k = core.kernels;
  const { height, width, channels } = to.shape;
  switch (layer.op) {
    case 'conv': {
      const run = convolution(core, layer, from, pre ?? to, !pre, before, parameters, scratch);
      if (!pre) return run;
      return () => {
        run();
        k.f32_relu(pre.ptr, pre.pixel, pre.row, to.ptr, to.pixel, to.row, height, width, channels);
      };
    }
    case 'maxpool': {
      const run = maxpool(core, layer, from, to, before.x);
      return () => run(from.ptr, from.shape.height, -before.y, to.ptr, height);
    }
    case 'avgpool':
      return () =>
        k.f32_avgpool(
          ...[from.ptr, from.pixel, from.row, layer.size, layer.stride],
          ...[to.ptr, to.pixel, to.row, height, width, channels],
        );
    case 'lrn': {
      const run = lrn(core, layer, from, to);
      return () => run(from.ptr, to.ptr, height);
    }
    case 'linear': {
      const { weight, bias } = parameters.get(layer.out)!;
      const inputs = weight.length / layer.units;
      const wide = Math.ceil(layer.units / 16) * 16;
      const biases = core.alloc32(wide);
      core.f32(biases, layer.units).set(bias);
      const packed = core.alloc32(wide * inputs);
      withRaw(core, weight, (raw) => k.f32_linear_pack16(raw, packed, layer.units, inputs));
      return () => k.f32_linear_1x16(from.ptr, inputs, packed, biases, to.ptr, layer.units);
    }
    case 'softmax':
      return () => k.f32_softmax(from.ptr, to.ptr, channels, scratch.softmax);
  }
}

/** A band: convolution, LRN in place and pool, some rows of each in turn. `from`, `at`, `to`: what they read and write. */
export function bandStep(
  core: Core,
  band: Band,
  shapes: Plan['shapes'],
  [from, at, to]: [Place, Place, Place],
  parameters: Parameters,
  scratch: Scratch,
): () => void {
  const { conv, pool } = band;
  const shape = shapes.get(conv.out)!;
  const { beforeY, beforeX } = shapes.get(pool.out)!;
  const how = algorithm(conv);
  if (how.kind !== 'winograd') throw new CurvesaeError(`${conv.out}: bands are of Winograd convolutions`);
  const convolve = winograd(
    core,
    conv,
    how,
    from,
    at,
    true,
    { y: shape.beforeY, x: shape.beforeX },
    parameters,
    scratch,
  );
  const normalise = band.lrn && lrn(core, band.lrn, at, at);
  const reduce = maxpool(core, pool, at, to, beforeX);
  const turns = turnsOf(band, shape.height, to.shape.height, beforeY);
  return () => {
    let top = 0;
    for (const turn of turns) {
      if (turn.top > top) core.u8(at.ptr, (turn.y - top) * at.row).copyWithin(0, (turn.top - top) * at.row);
      top = turn.top;
      const rows = at.ptr + (turn.y - top) * at.row;
      convolve(turn.y, turn.rows, rows);
      normalise?.(rows, rows, turn.rows);
      reduce(
        at.ptr,
        turn.y + turn.rows - top,
        turn.pooled * pool.stride - beforeY - top,
        to.ptr + turn.pooled * to.row,
        turn.pools,
      );
    }
  };
}

/** Rows of a pool: `have` rows lie at `src`, the first window begins at row `y` of them. */
function maxpool(
  core: Core,
  layer: Extract<Layer, { op: 'maxpool' }>,
  from: Place,
  to: Place,
  beforeX: number,
) {
  if (layer.size !== 3) throw new CurvesaeError(`${layer.out}: max pools are 3x3, not ${layer.size}`);
  const { width: w, channels } = from.shape;
  const { f32_maxpool_3x3 } = core.kernels;
  return (src: number, have: number, y: number, dst: number, rows: number): void =>
    f32_maxpool_3x3(
      ...[src, from.pixel, from.row, have, w, layer.stride, -y, beforeX],
      ...[dst, to.pixel, to.row, rows, to.shape.width, channels],
    );
}

/** Rows of an LRN. */
function lrn(core: Core, layer: Extract<Layer, { op: 'lrn' }>, from: Place, to: Place) {
  if (!((layer.radius === 5 && layer.beta === 0.5) || (layer.radius === 2 && layer.beta === 0.75)))
    throw new CurvesaeError(`${layer.out}: no LRN of radius ${layer.radius} and beta ${layer.beta}`);
  const { width, channels } = to.shape;
  const { f32_lrn } = core.kernels;
  return (src: number, dst: number, rows: number): void =>
    f32_lrn(
      ...[src, from.pixel, from.row, dst, to.pixel, to.row],
      ...[rows, width, channels, layer.radius, layer.bias, layer.alpha],
    );
}

function convolution(
  core: Core,
  layer: Conv,
  from: Place,
  to: Place,
  relu: boolean,
  before: { y: number; x: number },
  parameters: Parameters,
  scratch: Scratch,
): () => void {
  const how = algorithm(layer);
  if (how.kind === 'winograd') {
    const run = winograd(core, layer, how, from, to, relu, before, parameters, scratch);
    return () => run(0, to.shape.height, to.ptr);
  }
  const { weight, bias } = parameters.get(layer.out)!;
  const biases = putBias(core, bias);
  const k = core.kernels;
  const { size, stride, filters } = layer;
  const { channels: cin } = from.shape;
  const { height, width } = to.shape;
  const packed = core.alloc32(Math.ceil(filters / 8) * 8 * size * size * cin);
  withRaw(core, weight, (raw) => k.f32_conv_pack8(raw, packed, filters, cin, size, size));

  const pixels = height * width;
  const groups = Math.ceil(pixels / 4);
  const table = core.alloc32(8 * groups);
  const entries = core.i32(table, 8 * groups);
  const origin = from.ptr - before.y * from.row - before.x * from.pixel;
  for (let i = 0; i < 4 * groups; i++) {
    const p = Math.min(i, pixels - 1);
    const y = Math.floor(p / width);
    const x = p % width;
    const at = 8 * (i >> 2) + (i & 3);
    entries[at] = origin + stride * (y * from.row + x * from.pixel);
    entries[at + 4] = to.ptr + y * to.row + x * to.pixel;
  }
  if (how.kind === 'pointwise') {
    const turn = groupsPerTurn(4 * cin);
    return () =>
      k.f32_conv1x1_4x8(table, groups, turn, cin, packed, biases, filters, Number(relu), scratch.pointwise);
  }
  const block = groupsPerTurn(4 * cin * size);
  return () =>
    k.f32_conv_4x8(
      ...[table, groups, block, size, from.row, size * cin],
      ...[packed, biases, filters, Number(relu)],
    );
}

/** Rows of a convolution: from row `y` on, a multiple of how.m, `rows` of them to `dst`. */
function winograd(
  core: Core,
  layer: Conv,
  how: Extract<Algorithm, { kind: 'winograd' }>,
  from: Place,
  to: Place,
  relu: boolean,
  before: { y: number; x: number },
  parameters: Parameters,
  scratch: Scratch,
): (y: number, rows: number, dst: number) => void {
  const { run, pack } = winogradKernels(core, how.tile);
  const { weight, bias } = parameters.get(layer.out)!;
  const biases = putBias(core, bias);
  const { filters } = layer;
  const { channels: cin } = from.shape;
  const { width } = to.shape;
  const packed = core.alloc32(how.tile ** 2 * (cin * Math.ceil(filters / 8) * 8 + 16));
  withRaw(core, how.fold ? foldWeights(weight, filters, layer.size) : weight, (raw) =>
    pack(raw, packed, filters, cin, how.taps, core.alloc(1024)),
  );
  // A folded input begins at its padded corner already.
  const origin = how.fold ? from.ptr : from.ptr - before.y * from.row - before.x * from.pixel;
  return (y, rows, dst) =>
    run(
      ...[origin + y * from.row, from.pixel, from.row, cin, packed, biases],
      ...[dst, to.pixel, to.row, rows, width, filters],
      ...[how.m, Number(relu), TILES[how.tile], scratch.winograd],
    );
}

function winogradKernels({ kernels: k }: Core, tile: 6 | 8) {
  return tile === 8
    ? { run: k.f32_winograd_8x8, pack: k.f32_winograd_8x8_pack, scratch: k.f32_winograd_8x8_scratch }
    : { run: k.f32_winograd_6x6, pack: k.f32_winograd_6x6_pack, scratch: k.f32_winograd_6x6_scratch };
}

/** Biases, with room for a multiple of 8. */
function putBias(core: Core, bias: Float32Array): number {
  const ptr = core.alloc32(Math.ceil(bias.length / 8) * 8);
  core.f32(ptr, bias.length).set(bias);
  return ptr;
}

/** The weights as they are in the file, in memory that is given back at once. */
function withRaw(core: Core, weight: Float32Array, pack: (raw: number) => void): void {
  const mark = core.mark();
  pack(core.put(weight));
  core.release(mark);
}
