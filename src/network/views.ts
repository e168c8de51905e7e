// Views: where in which block of memory each tensor lies. A branch lies in its concat, a layer
// that works in place where its input was, and everything else in a block of its own.

import type { Lifetime } from './lifetimes.js';
import { inputOpOf, inputsOf, opOf } from './ops/index.js';
import type { BaseInput, BaseLayer, Border, Shape, View } from './ops/op.js';
import type { Block } from './placement.js';

/** What the views are made of. */
export interface Layout {
  inputs: readonly BaseInput[];
  layers: readonly BaseLayer[];
  shapes: ReadonlyMap<string, Shape>;
  lives: ReadonlyMap<string, Lifetime>;
  borders: ReadonlyMap<string, Border>;
  /** Rows that are in memory at a time, of tensors never whole. */
  rows: ReadonlyMap<string, number>;
  /** Tensors that outlive the run. */
  lasting: ReadonlySet<string>;
  /** Layers whose values before the ReLU are kept. */
  pre: ReadonlySet<string>;
}

export interface Views {
  views: Map<string, View>;
  /** Values before the ReLU, by name of the layer. */
  pre: Map<string, View>;
  /** Blocks that may share memory where their lifetimes allow it. */
  shared: Block[];
}

export function viewsOf(layout: Layout): Views {
  const { layers, shapes, lives, borders, lasting } = layout;
  const made: Views = { views: new Map(), pre: new Map(), shared: [] };
  const { views } = made;
  for (const input of layout.inputs) putInput(made, layout, input);
  const wholeOf = new Map<string, BaseLayer>();
  for (const layer of layers)
    for (const name of opOf(layer).branches?.(layer) ?? []) wholeOf.set(name, layer);

  for (const layer of layers) {
    const { out } = layer;
    if (layout.pre.has(out)) made.pre.set(out, block(made, shapes.get(out)!, { from: 0, to: 0 }, true));
    const whole = wholeOf.get(out);
    if (whole) {
      if (!views.has(whole.out)) putWhole(made, layout, whole);
      views.set(out, slice(layout, whole, views.get(whole.out)!, out));
    } else if (!views.has(out) && !putInPlace(made, layout, layer)) {
      const shape = shapes.get(out)!;
      const held = { ...shape, height: layout.rows.get(out) ?? shape.height };
      views.set(out, block(made, held, lives.get(out)!, lasting.has(out), borders.get(out)));
    }
  }
  return made;
}

function putInput({ views }: Views, { shapes, borders, lives }: Layout, input: BaseInput): void {
  const life = lives.get(input.out);
  if (!life) return; // No layer reads it.
  const border = borders.get(input.out);
  const shape = shapes.get(input.out)!;
  const held = inputOpOf(input).held?.(shape, border) ?? { shape, border };
  views.set(input.out, { ...viewIn(held.shape, life, true, held.border), fold: border?.fold });
}

/** The block that holds the branches of a concat. */
function putWhole(made: Views, { shapes, lives, borders, lasting }: Layout, layer: BaseLayer): void {
  const own = [layer.out, ...inputsOf(layer)].some((name) => lasting.has(name));
  const view = block(made, shapes.get(layer.out)!, lives.get(layer.out)!, own, borders.get(layer.out));
  made.views.set(layer.out, view);
}

function slice({ shapes }: Layout, whole: BaseLayer, view: View, name: string): View {
  const names = inputsOf(whole);
  const before = names.slice(0, names.indexOf(name)).reduce((n, other) => n + shapes.get(other)!.channels, 0);
  return { ...view, shape: shapes.get(name)!, start: view.start + 4 * before };
}

/** In place, where nothing else wants the values before, or a border around those after. */
function putInPlace({ views }: Views, { lives, borders, lasting }: Layout, layer: BaseLayer): boolean {
  const { out } = layer;
  const [source] = inputsOf(layer);
  const { from: step, to } = lives.get(out)!;
  const from = views.get(source)!;
  const isFree = opOf(layer).inPlace && !from.own && from.block.to === step;
  if (!isFree || lasting.has(out) || borders.has(out)) return false;
  from.block.to = to;
  views.set(out, from);
  return true;
}

function block(made: Views, shape: Shape, life: Lifetime, own: boolean, border?: Border): View {
  const view = viewIn(shape, life, own, border);
  if (!view.own) made.shared.push(view.block);
  return view;
}

function viewIn(shape: Shape, { from, to }: Lifetime, own: boolean, border?: Border): View {
  const { before, rows, columns } = border ?? { before: 0, rows: 0, columns: 0 };
  const height = Math.max(rows, before + shape.height);
  const width = Math.max(columns, before + shape.width);
  const pixel = 4 * shape.channels;
  // Room for a multiple of 16 channels: f32_linear_1x16 writes whole panels.
  const bytes = Math.ceil((height * width * pixel) / 64) * 64;
  return {
    shape,
    block: { bytes, from, to, offset: 0 },
    own: own || height > shape.height || width > shape.width,
    start: (before * width + before) * pixel,
    pixel,
    row: width * pixel,
    before,
  };
}
