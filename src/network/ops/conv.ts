// Convolution (cross-correlation) + bias, and by default a ReLU. Four ways to compute it, each in
// conv/: by Winograd, over tables of addresses, 1x1 siblings together, and in bands with the pool behind it.
import { algorithm } from './conv/algorithm.js';
import { convBack, pointwiseBack } from './conv/back.js';
import { bandsOf } from './conv/bands.js';
import { directStep, pointwiseScratch, siblings } from './conv/direct.js';
import { type ConvLayer, hasRelu, isConv } from './conv/layer.js';
import { winogradRows, winogradScratch } from './conv/winograd.js';
import type { BaseLayer, Border, Group, Neighbours, Op, Place, Shape, Site } from './op.js';
import { inTurn, reluStep } from './relu.js';
import { checkFours, checkWindow, isCount, windowLook, windowShape } from './window.js';

export type { ConvLayer } from './conv/layer.js';

export const conv: Op<ConvLayer> = {
  check,
  shape: (layer, [from]) => windowShape(layer, from, layer.filters),
  parameters: ({ filters, size }, { channels }) => ({
    ...{ weight: [filters, channels, size, size], bias: [filters], axes: 'OIHW' },
  }),
  look: (layer, seen, _, out) => windowLook(layer, seen, out),
  relu: hasRelu,
  border,
  groups: (layers, shapes, isPrivate) => [
    ...bandsOf(layers, shapes, isPrivate),
    ...siblingsOf(layers, shapes),
  ],
  scratch(core, layer, { shape }) {
    const how = algorithm(layer, shape.channels);
    if (how.kind === 'winograd') return winogradScratch(core, how, shape.channels, layer.filters);
    return how.kind === 'pointwise' ? pointwiseScratch(core, how.isPaired, shape.channels) : 0;
  },
  forward(site, layer) {
    const to = site.at(layer.out);
    const pre = site.before(layer.out);
    const run = step(site, layer, pre ?? to, hasRelu(layer) && !pre);
    return pre ? inTurn(run, reluStep(site.core, pre, to)) : run;
  },
  backward: convBack,
  linear: (layer) => ({ layer: { ...layer, relu: false } as ConvLayer }),
  backwardGroups: pointwiseBack,
};

function check(
  layer: ConvLayer,
  [from]: readonly Shape[],
  { maker, readers }: Neighbours,
): string | undefined {
  const { filters, size, stride, tile, fold } = layer;
  if (!isCount(filters)) return `filters ${filters}: must be a whole number from 1`;
  const wrong = checkWindow(layer, from) ?? checkFours('filters', filters);
  if (wrong) return wrong;
  if (tile !== undefined && tile !== 6 && tile !== 8) return `tile ${tile}: must be 6 or 8`;
  if (!fold) return undefined;
  if (size !== 7 || stride !== 2) return `fold is for 7x7 at stride 2, not ${size}x${size} at ${stride}`;
  return maker(layer.in).op === 'image' && readers(layer.in).length === 1
    ? undefined
    : `fold needs an image that nothing else reads, not '${layer.in}'`;
}

function border(layer: ConvLayer, { channels }: Shape, out: Shape): Border {
  const how = algorithm(layer, channels);
  // Rows (columns) of the padded input that are read: of whole tiles, with Winograd.
  const span = (n: number): number =>
    how.kind === 'winograd'
      ? (Math.ceil(n / how.m) - 1) * how.m + how.tile
      : (n - 1) * layer.stride + layer.size;
  const { beforeY, beforeX } = out;
  const [rows, columns] = [span(out.height), span(out.width)];
  if (how.kind === 'winograd' && how.fold)
    return { before: 0, rows, columns, fold: { y: beforeY, x: beforeX } };
  const before = Math.max(beforeY, beforeX);
  return { before, rows: before - beforeY + rows, columns: before - beforeX + columns };
}

function siblingsOf(layers: readonly BaseLayer[], shapes: ReadonlyMap<string, Shape>): Group[] {
  const families = new Map<string, ConvLayer[]>();
  for (const layer of layers) {
    if (!isConv(layer)) continue;
    const how = algorithm(layer, shapes.get(layer.in)!.channels);
    if (how.kind !== 'pointwise' || !how.isPaired) continue;
    families.set(layer.in, [...(families.get(layer.in) ?? []), layer]);
  }
  return [...families.values()].map(siblings);
}

function step(site: Site, layer: ConvLayer, to: Place, rectify: boolean): () => void {
  const how = algorithm(layer, site.shapes.get(layer.in)!.channels);
  if (how.kind !== 'winograd') return directStep(site, layer, how.kind, to, rectify);
  const run = winogradRows(site, layer, how, to, rectify);
  return () => run(0, to.shape.height, to.ptr);
}
