// One layer -> one closure over the kernels: packs weights, builds tables, fixes pointers.
import type { Core } from '../core/core.js';
import { CurvesaeError } from '../core/errors.js';
import { type Algorithm, algorithm, foldWeights } from './algorithm.js';
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
      if (layer.size !== 3) throw new CurvesaeError(`${layer.out}: max pools are 3x3, not ${layer.size}`);
      const { height: h, width: w } = from.shape;
      return () =>
        k.f32_maxpool_3x3(
          ...[from.ptr, from.pixel, from.row, h, w, layer.stride, before.y, before.x],
          ...[to.ptr, to.pixel, to.row, height, width, channels],
        );
    }
    case 'avgpool':
      return () =>
        k.f32_avgpool(
          ...[from.ptr, from.pixel, from.row, layer.size, layer.stride],
          ...[to.ptr, to.pixel, to.row, height, width, channels],
        );
    case 'lrn': {
      if (!((layer.radius === 5 && layer.beta === 0.5) || (layer.radius === 2 && layer.beta === 0.75)))
        throw new CurvesaeError(`${layer.out}: no LRN of radius ${layer.radius} and beta ${layer.beta}`);
      return () =>
        k.f32_lrn(
          ...[from.ptr, from.pixel, from.row, to.ptr, to.pixel, to.row],
          ...[height, width, channels, layer.radius, layer.bias, layer.alpha],
        );
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
  const { weight, bias } = parameters.get(layer.out)!;
  const biases = core.alloc32(Math.ceil(layer.filters / 8) * 8);
  core.f32(biases, layer.filters).set(bias);
  if (how.kind === 'winograd')
    return winograd(core, layer, how, from, to, relu, before, weight, biases, scratch);

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

function winograd(
  core: Core,
  layer: Conv,
  how: Extract<Algorithm, { kind: 'winograd' }>,
  from: Place,
  to: Place,
  relu: boolean,
  before: { y: number; x: number },
  weight: Float32Array,
  biases: number,
  scratch: Scratch,
): () => void {
  const { run, pack } = winogradKernels(core, how.tile);
  const { filters } = layer;
  const { channels: cin } = from.shape;
  const { height, width } = to.shape;
  const packed = core.alloc32(how.tile ** 2 * (cin * Math.ceil(filters / 8) * 8 + 16));
  withRaw(core, how.fold ? foldWeights(weight, filters, layer.size) : weight, (raw) =>
    pack(raw, packed, filters, cin, how.taps, core.alloc(1024)),
  );
  // A folded input begins at its padded corner already.
  const origin = how.fold ? from.ptr : from.ptr - before.y * from.row - before.x * from.pixel;
  return () =>
    run(
      ...[origin, from.pixel, from.row, cin, packed, biases],
      ...[to.ptr, to.pixel, to.row, height, width, filters],
      ...[how.m, Number(relu), TILES[how.tile], scratch.winograd],
    );
}

function winogradKernels({ kernels: k }: Core, tile: 6 | 8) {
  return tile === 8
    ? { run: k.f32_winograd_8x8, pack: k.f32_winograd_8x8_pack, scratch: k.f32_winograd_8x8_scratch }
    : { run: k.f32_winograd_6x6, pack: k.f32_winograd_6x6_pack, scratch: k.f32_winograd_6x6_scratch };
}

/** The weights as they are in the file, in memory that is given back at once. */
function withRaw(core: Core, weight: Float32Array, pack: (raw: number) => void): void {
  const mark = core.mark();
  pack(core.put(weight));
  core.release(mark);
}
