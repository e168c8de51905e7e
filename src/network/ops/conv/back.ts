// The way back through convolutions, which is a convolution too: of the gradient before the ReLU,
// framed by zeros, with the weights turned by 180 degrees and filters and channels exchanged.
//
//   stride 1      dx[y] = sum_t d[y + before - t] w[t]
//   7x7, folded   the same of the 4x4 kernel over folded pixels
//   stride s      of every phase a of the padded input, y = s q + a: dx[y] = sum_j d[q - j] w[a + s j]
//   1x1           dx = d w of each pixel; layers that read one tensor together, their d side by side
import { clearStep } from '../add.js';
import {
  type Backward,
  type BackwardGroup,
  type BackwardMode,
  type BackwardSite,
  type BackwardStep,
  type BaseLayer,
  mapShape,
  type Place,
  type Shape,
} from '../op.js';
import { inTurn, reluBack } from '../relu.js';
import { algorithm, pairs, type Winograd } from './algorithm.js';
import { pairedStep, pointwiseScratch, tabledStep } from './direct.js';
import { type ConvLayer, hasRelu, isConv } from './layer.js';
import { convParameters } from './parameters.js';
import { foldWeights, winogradScratch, winogradTurns } from './winograd.js';

/** The gradient before the ReLU with zeros around it. */
interface Frame {
  top: number;
  left: number;
  height: number;
  width: number;
  channels: number;
}

const bytesOf = ({ height, width, channels }: Frame): number => 4 * height * width * channels;

export const convBack: Backward<ConvLayer> = {
  parameters: convParameters,
  reads: (layer) => (hasRelu(layer) ? [layer.out] : []),
  work: (layer, from, out) => bytesOf(frameOf(layer, from, out)),
  scratch(core, layer, from) {
    const how = algorithm(layer, from.channels);
    if (how.kind !== 'winograd') return 0;
    return winogradScratch(core, how, layer.filters, how.fold ? 12 : from.channels);
  },
  step(site, layer) {
    const { in: source, out } = layer;
    const shapes = { from: site.shapes.get(source)!, out: site.shapes.get(out)! };
    const frame = frameOf(layer, shapes.from, shapes.out);
    const { core, work } = site;
    const at = placeIn(frame, work, shapes.out);
    const how = algorithm(layer, shapes.from.channels);
    const run = site.into(source, (to) =>
      how.kind === 'winograd'
        ? winogradBack(site, layer, how, at, shapes, to)
        : phases(site, layer, at, shapes, to),
    );
    return inTurn<[BackwardMode]>(
      () => core.u8(work, bytesOf(frame)).fill(0),
      reluBack(site, layer.out, hasRelu(layer), at),
      run,
    );
  },
};

/** 1x1 convolutions of the same pixels, by the tensor that they read. */
export function pointwiseBack(
  layers: readonly BaseLayer[],
  shapes: ReadonlyMap<string, Shape>,
): BackwardGroup[] {
  const families = new Map<string, ConvLayer[]>();
  for (const layer of layers)
    if (isConv(layer) && isSamePixels(layer, shapes))
      families.set(layer.in, [...(families.get(layer.in) ?? []), layer]);
  return [...families].map(([source, family]) => {
    const { height, width, channels } = shapes.get(source)!;
    const filters = family.reduce((n, layer) => n + layer.filters, 0);
    return {
      layers: family,
      reads: family.filter(hasRelu).map((layer) => layer.out),
      work: 4 * height * width * filters,
      scratch: (core) => pointwiseScratch(core, pairs(filters, channels), filters),
      step: (site) => familyStep(site, source, family, filters),
    };
  });
}

function isSamePixels({ size, stride, in: source, out }: ConvLayer, shapes: ReadonlyMap<string, Shape>) {
  const { beforeY, beforeX } = shapes.get(out)!;
  return size === 1 && stride === 1 && !beforeY && !beforeX && shapes.get(source)!.channels % 4 === 0;
}

function familyStep(
  site: BackwardSite,
  source: string,
  family: readonly ConvLayer[],
  filters: number,
): BackwardStep {
  const { core, work, scratch } = site;
  const { height, width, channels } = site.shapes.get(source)!;
  const frame = { top: 0, left: 0, height, width, channels: filters };
  const whole = placeIn(frame, work, mapShape(height, width, filters));
  const weight = new Float32Array(channels * filters);
  let first = 0;
  const relus = family.map((layer) => {
    const own = site.parameters.get(layer.out)!.weight;
    for (let f = 0; f < layer.filters; f++)
      for (let c = 0; c < channels; c++) weight[c * filters + first + f] = own[f * channels + c];
    const slice = { ...whole, ptr: whole.ptr + 4 * first, shape: site.shapes.get(layer.out)! };
    first += layer.filters;
    return inTurn<[BackwardMode]>(
      ...(site.gradient(layer.out) && hasRelu(layer) ? [] : [clearStep(core, slice)]),
      reluBack(site, layer.out, hasRelu(layer), slice),
    );
  });
  const weights = { weight, bias: new Float32Array(channels), filters: channels };
  const product = site.into(source, (to) =>
    pairs(filters, channels)
      ? pairedStep(site, whole, [{ ...weights, to, rectify: false }])
      : tabledStep(
          { core, scratch },
          'pointwise',
          { ...whole, sourceRow: whole.row, channels: filters },
          { ...weights, kh: 1, kw: 1 },
          to,
          false,
        ),
  );
  return inTurn<[BackwardMode]>(...relus, product);
}

/** Room for every tap of every place of the input. */
function frameOf(layer: ConvLayer, from: Shape, out: Shape): Frame {
  const how = algorithm(layer, from.channels);
  const { stride } = layer;
  const side = (n: number, m: number, before: number): { first: number; size: number } => {
    if (how.kind !== 'winograd') {
      const first = Math.ceil(layer.size / stride) - 1;
      return { first, size: first + Math.max(m, Math.floor((n - 1 + before) / stride) + 1) };
    }
    const lead = how.taps - 1 - (how.fold ? 0 : before);
    const positions = how.fold ? Math.ceil((n + before) / 2) : n;
    const span = (Math.ceil(positions / how.m) - 1) * how.m + how.tile;
    const first = Math.max(0, lead);
    return { first, size: first + Math.max(m, span - lead) };
  };
  const y = side(from.height, out.height, out.beforeY);
  const x = side(from.width, out.width, out.beforeX);
  return { top: y.first, left: x.first, height: y.size, width: x.size, channels: layer.filters };
}

function placeIn({ top, left, width, channels }: Frame, ptr: number, shape: Shape): Place {
  const pixel = 4 * channels;
  const start = (top * width + left) * pixel;
  const block = { bytes: 0, from: 0, to: 0, offset: 0 };
  return { shape, block, own: true, start, pixel, row: width * pixel, before: 0, ptr: ptr + start };
}

interface Shapes {
  from: Shape;
  out: Shape;
}

function winogradBack(
  site: BackwardSite,
  { filters, size, out: name }: ConvLayer,
  how: Winograd,
  at: Place,
  { from, out }: Shapes,
  to: Place,
): () => void {
  const raw = site.parameters.get(name)!.weight;
  const channels = how.fold ? 12 : from.channels;
  const taps = how.fold ? foldWeights(raw, filters, size) : raw;
  const weight = turned(taps, filters, channels, how.taps);
  const lead = (before: number): number => how.taps - 1 - (how.fold ? 0 : before);
  const ptr = at.ptr - lead(out.beforeY) * at.row - lead(out.beforeX) * at.pixel;
  const weights = { weight, bias: new Float32Array(channels), filters: channels };
  const run = winogradTurns(site, { ...how, fold: false }, { ...at, ptr }, weights, to, false);
  return () => run(0, to.shape.height, to.ptr);
}

/** w[f, c, y, x] -> [c, f, size-1-y, size-1-x]. */
function turned(weight: Float32Array, filters: number, channels: number, size: number): Float32Array {
  const out = new Float32Array(weight.length);
  const taps = size * size;
  for (let f = 0; f < filters; f++)
    for (let c = 0; c < channels; c++) {
      const [from, to] = [(f * channels + c) * taps, (c * filters + f) * taps];
      for (let i = 0; i < taps; i++) out[to + i] = weight[from + taps - 1 - i];
    }
  return out;
}

/** Places of one axis of the input with the same remainder, and the taps that reach them. */
interface Phase {
  /** First place, and how many. */
  first: number;
  count: number;
  /** Output at which the last tap reads for the first place. */
  output: number;
  /** First tap, and how many. */
  tap: number;
  taps: number;
}

function phasesOf(n: number, size: number, stride: number, before: number): Phase[] {
  return Array.from({ length: Math.min(stride, n + before) }, (_, tap) => {
    const q = Math.max(0, Math.ceil((before - tap) / stride));
    const first = stride * q + tap - before;
    const taps = Math.max(0, Math.ceil((size - tap) / stride));
    return { first, count: Math.max(0, Math.ceil((n - first) / stride)), output: q - taps + 1, tap, taps };
  }).filter(({ count }) => count > 0);
}

function phases(
  site: BackwardSite,
  { size, stride, filters, out: name }: ConvLayer,
  at: Place,
  { from, out }: Shapes,
  to: Place,
): () => void {
  const { weight } = site.parameters.get(name)!;
  const rows = phasesOf(from.height, size, stride, out.beforeY);
  const columns = phasesOf(from.width, size, stride, out.beforeX);
  // Three channels lie in four.
  const channels = Math.ceil(from.channels / 4) * 4;
  const bias = new Float32Array(channels);
  const isFull = [...rows, ...columns].every(({ taps }) => taps > 0);
  const steps = rows.flatMap((y) =>
    columns.map((x) => {
      if (!y.taps || !x.taps) return () => {};
      const filter = { weight: phaseWeights(weight, from.channels, size, stride, filters, y, x), bias };
      const reading = { ptr: at.ptr + y.output * at.row + x.output * at.pixel, row: at.row, pixel: at.pixel };
      const writing = {
        ...{
          ptr: to.ptr + y.first * to.row + x.first * to.pixel,
          row: stride * to.row,
          pixel: stride * to.pixel,
        },
        shape: { height: y.count, width: x.count },
      };
      return tabledStep(
        site,
        'direct',
        { ...reading, sourceRow: at.row, channels: filters },
        { ...filter, filters: channels, kh: y.taps, kw: x.taps },
        writing,
        false,
      );
    }),
  );
  return inTurn(...(isFull ? [] : [clearStep(site.core, to)]), ...steps);
}

/** w[f, c, ky, kx] of one phase's taps, turned: [channels in fours][f][taps][taps]. */
function phaseWeights(
  weight: Float32Array,
  channels: number,
  size: number,
  stride: number,
  filters: number,
  y: Phase,
  x: Phase,
): Float32Array {
  const out = new Float32Array(Math.ceil(channels / 4) * 4 * filters * y.taps * x.taps);
  let at = 0;
  for (let c = 0; c < channels; c++)
    for (let f = 0; f < filters; f++)
      for (let i = y.taps - 1; i >= 0; i--)
        for (let j = x.taps - 1; j >= 0; j--)
          out[at++] = weight[((f * channels + c) * size + y.tap + stride * i) * size + x.tap + stride * j];
  return out;
}
