// From a description, an input size and the wanted taps to: which layers run, which
// tensors exist, how they are padded, and which share memory. No numbers are touched here.
import { UsageError } from '../core/errors.js';
import { type Algorithm, algorithm, isPaired } from './algorithm.js';
import { type Band, bandsOf } from './bands.js';
import { inputsOf, type Shape, shapes } from './geometry.js';
import { checkReach } from './load.js';
import { type Block, place } from './memory.js';
import { baseOf, checkTap, dependentLayers, isPreRelu, neededLayers } from './taps.js';
import type { Layer, Model } from './types.js';

/** A tensor in memory, or a slice of channels of one. Bytes; `start` is pixel (0,0), relative to `block`. */
export interface View {
  shape: Shape;
  block: Block;
  /** Never shared: padded tensors (their border stays zero), taps, and what a splice reads again. */
  own: boolean;
  start: number;
  pixel: number;
  row: number;
  /** Padding above and left that the buffer really has, in its pixels. */
  before: number;
}

export interface Plan {
  layers: Layer[];
  shapes: Map<string, Shape>;
  views: Map<string, View>;
  /** Values before the ReLU, by name of the convolution, where a tap asks for them. */
  pre: Map<string, View>;
  /** Layers computed together, a few rows at a time, by the convolution's name. */
  bands: Map<string, Band>;
  /** 1x1 convolutions that read the same pixels and are computed together, by the first one's name. */
  siblings: Map<string, Conv[]>;
  /** Names of the layers to compute again when the spliced tap is replaced. */
  dependents: Set<string>;
  /** The image as it is given, before the first layer. */
  image: Block;
  /** Bytes of the shared area. */
  shared: number;
}

type Conv = Extract<Layer, { op: 'conv' }>;

interface Padding {
  before: number;
  rows: number;
  columns: number;
}

/** Rows (columns) of its padded input that a convolution reads, in (folded) input pixels. */
export function span(out: number, layer: Conv, how: Algorithm): number {
  return how.kind === 'winograd'
    ? (Math.ceil(out / how.m) - 1) * how.m + how.tile
    : (out - 1) * layer.stride + layer.size;
}

/**
 * `splice`: a tap whose values will be replaced after a run. What its dependents read
 * besides (the other branches of its block, say) then outlives the run.
 */
export function plan(
  model: Model,
  height: number,
  width: number,
  wanted: string[],
  splice: string | undefined = undefined,
): Plan {
  if (!wanted.length) throw new UsageError('name at least one tap');
  const network = model.description;
  for (const tap of splice === undefined ? wanted : [...wanted, splice]) {
    checkTap(network, tap);
    checkReach(model, baseOf(tap), tap);
  }
  const concats = new Map(network.layers.flatMap((l) => (l.op === 'concat' ? [[l.out, l.in]] : [])));
  const preNames = new Set(
    wanted.filter(isPreRelu).flatMap((tap) => concats.get(baseOf(tap)) ?? [baseOf(tap)]),
  );
  const kept = new Set(wanted.filter((tap) => !isPreRelu(tap)));
  const layers = neededLayers(network, [...kept, ...preNames]);
  const dependents = splice === undefined ? [] : dependentLayers(network, splice, layers);
  const again = new Set(dependents.map((layer) => layer.out));
  const lasting = new Set([...kept, ...dependents.flatMap(inputsOf).filter((name) => !again.has(name))]);
  const sizes = shapes(network, layers, height, width);

  const paddings = new Map<string, Padding>();
  for (const layer of layers) if (layer.op === 'conv') pad(paddings, layer, sizes.get(layer.out)!);
  const bands = bandsOf(layers, sizes, (name) => {
    const readers = layers.filter((layer) => inputsOf(layer).includes(name));
    return readers.length === 1 && ![lasting, preNames, paddings].some((names) => names.has(name));
  });
  const paired = layers.filter(
    (layer) => layer.op === 'conv' && isPaired(layer, sizes.get(layer.in)!.channels),
  ) as Conv[];
  const siblings = new Map<string, Conv[]>();
  for (const layer of paired) {
    const all = paired.filter((other) => other.in === layer.in);
    if (all[0] === layer) siblings.set(layer.out, all);
  }
  // What is computed together works at the same time: that of the first.
  const steps = layers.map((_, step) => step);
  for (const [first, ...others] of siblings.values())
    for (const other of others) steps[layers.indexOf(other)] = layers.indexOf(first);
  for (const { conv, pool } of bands.values())
    steps.fill(layers.indexOf(conv), layers.indexOf(conv), layers.indexOf(pool) + 1);
  const lastUse = new Map<string, number>();
  layers.forEach((layer, i) => {
    for (const name of inputsOf(layer)) lastUse.set(name, Math.max(steps[i], lastUse.get(name) ?? 0));
  });

  const views = new Map<string, View>();
  const pre = new Map<string, View>();
  const image: Block = { bytes: 12 * height * width, from: -1, to: -1, offset: 0 };
  const blocks: Block[] = [image];
  const make = (shape: Shape, from: number, to: number, own: boolean, padding?: Padding): View => {
    const { before, rows, columns } = padding ?? { before: 0, rows: 0, columns: 0 };
    const h = Math.max(rows, before + shape.height);
    const w = Math.max(columns, before + shape.width);
    const pixel = 4 * shape.channels;
    // Room for a multiple of 16 channels: f32_linear_1x16 writes whole panels.
    const bytes = Math.ceil((h * w * pixel) / 64) * 64;
    const block: Block = { bytes, from, to, offset: 0 };
    const padded = h > shape.height || w > shape.width;
    if (!own && !padded) blocks.push(block);
    return {
      shape,
      block,
      own: own || padded,
      start: (before * w + before) * pixel,
      pixel,
      row: w * pixel,
      before,
    };
  };

  const end = layers.length;
  const branchOf = new Map(
    layers.flatMap((l) => (l.op === 'concat' ? l.in.map((name) => [name, l] as const) : [])),
  );
  views.set('input', inputView(make, layers, sizes, paddings, lastUse));
  layers.forEach((layer, i) => {
    const step = steps[i];
    const shape = sizes.get(layer.out)!;
    const band = bands.get(layer.out);
    if (band) {
      views.set(layer.out, make({ ...shape, height: band.rows + band.kept }, step, step, false));
      return;
    }
    if (preNames.has(layer.out)) pre.set(layer.out, make(shape, step, end, true));
    if (layer.op === 'concat' && views.has(layer.out)) return;
    const concat = branchOf.get(layer.out);
    if (!concat) {
      const to = lastUse.get(layer.out) ?? step;
      const from = layer.op === 'lrn' && views.get(layer.in);
      // In place, where nothing else wants the values before, or a border around those after.
      const free = from && !from.own && from.block.to === step;
      if (free && !lasting.has(layer.out) && !paddings.has(layer.out)) {
        from.block.to = to;
        views.set(layer.out, from);
        return;
      }
      views.set(layer.out, make(shape, step, to, lasting.has(layer.out), paddings.get(layer.out)));
      return;
    }
    let whole = views.get(concat.out);
    if (!whole) {
      const own = lasting.has(concat.out) || concat.in.some((name) => lasting.has(name));
      const to = lastUse.get(concat.out) ?? layers.indexOf(concat);
      const first = Math.min(...concat.in.map((name) => steps[layers.findIndex((l) => l.out === name)]));
      whole = make(sizes.get(concat.out)!, first, to, own, paddings.get(concat.out));
      views.set(concat.out, whole);
    }
    const skipped = concat.in.slice(0, concat.in.indexOf(layer.out));
    const offset = skipped.reduce((n, name) => n + 4 * sizes.get(name)!.channels, 0);
    views.set(layer.out, { ...whole, shape, start: whole.start + offset });
  });
  return {
    layers,
    shapes: sizes,
    views,
    pre,
    bands,
    siblings,
    dependents: again,
    image,
    shared: place(blocks),
  };
}

function pad(paddings: Map<string, Padding>, layer: Conv, out: Shape): void {
  const how = algorithm(layer);
  const before = Math.max(out.beforeY, out.beforeX);
  const have = paddings.get(layer.in) ?? { before: 0, rows: 0, columns: 0 };
  // The origin of this layer lies (have.before - its own) pixels into the buffer.
  const all = Math.max(have.before, before);
  paddings.set(layer.in, {
    before: all,
    rows: Math.max(have.rows + all - have.before, all - out.beforeY + span(out.height, layer, how)),
    columns: Math.max(have.columns + all - have.before, all - out.beforeX + span(out.width, layer, how)),
  });
}

// The image is written by f32_image_input: padded, and folded 2x2 where its convolution wants that.
function inputView(
  make: (shape: Shape, from: number, to: number, own: boolean, padding?: Padding) => View,
  layers: Layer[],
  sizes: Map<string, Shape>,
  paddings: Map<string, Padding>,
  lastUse: Map<string, number>,
): View {
  const shape = sizes.get('input')!;
  const first = layers.find((l) => l.op === 'conv' && l.in === 'input');
  const how = first?.op === 'conv' ? algorithm(first) : undefined;
  if (first?.op !== 'conv' || how?.kind !== 'winograd' || !how.fold)
    return make(shape, 0, lastUse.get('input')!, true, paddings.get('input'));
  const out = sizes.get(first.out)!;
  const folded = (n: number, before: number, span: number) => Math.max(span, Math.ceil((n + before) / 2));
  return {
    ...make(
      {
        ...shape,
        channels: 12,
        height: folded(shape.height, out.beforeY, span(out.height, first, how)),
        width: folded(shape.width, out.beforeX, span(out.width, first, how)),
      },
      0,
      0,
      true,
    ),
  };
}
