// The plan of a way back: which tensors have a gradient, which layers pass it on and in what order,
// what is kept for them from the way there, and where gradients lie. No numbers are touched here.
//
// Steps are numbered on from those of the way there: of n layers, the one at step i goes back at step
// 2n - i, what is given comes in at n, and what the way back reads is kept to the end, so that it can
// be gone again with another start.
import { UsageError, unknownName } from '../core/errors.js';
import { inputOpOf, inputsOf, opOf } from './ops/index.js';
import type { BackwardGroup, BaseLayer, Border, Shape, View } from './ops/op.js';
import type { Block } from './placement.js';
import { baseOf, checkTap, isPreRelu, rectifiedOf } from './taps.js';
import type { Input, Layer, NetworkDescription } from './types.js';

/** Where gradients start and what they are wanted for. */
export interface BackwardOptions {
  /** Taps at which a gradient may be given. */
  from: readonly string[];
  /** Taps and inputs for which it is computed. */
  to: readonly string[];
  /** Layers for whose parameters it is computed. */
  weights?: readonly string[];
}

/** How a step's result comes to a gradient: the first of a whole tensor is written, others are added. */
export type Arrival = 'write' | 'clear' | 'add';

export interface WayBackStep {
  group: BackwardGroup;
  /** By tensor that it brings a gradient to. */
  arrivals: ReadonlyMap<string, Arrival>;
  /** Its own memory, and room for a result that is added. */
  work: Block;
  aside: number;
}

export interface WayBack {
  steps: WayBackStep[];
  /** Gradients of tensors. */
  views: Map<string, View>;
  /** Gradients that are given before a ReLU, by layer. */
  given: Map<string, View>;
  /** Gradients before a ReLU that are asked for, or that those by parameters are made of, by layer: read before this step, or after all. */
  wanted: Map<string, View>;
  /** Tensors whose gradient may be given: cleared before. */
  starts: ReadonlySet<string>;
  /** Blocks that may share memory. */
  shared: Block[];
}

/** Tensors between start and goal; what is read on the way back. */
export interface Passage {
  active: ReadonlySet<string>;
  groups: BackwardGroup[];
  reads: ReadonlySet<string>;
}

/**
 * UsageError for unknown names, goals from which no start is computed, starts that are computed from no goal, and
 * operations that no gradient passes.
 */
export function passage(
  description: NetworkDescription,
  layers: readonly Layer[],
  shapes: ReadonlyMap<string, Shape>,
  { from, to, weights = [] }: BackwardOptions,
): Passage {
  if (!from.length || !(to.length + weights.length))
    throw new UsageError('backward: name at least one tap in from and in to, or a layer in weights');
  const isInput = (name: string): boolean => description.inputs.some(({ out }) => out === name);
  for (const tap of from) checkTap(description, tap);
  for (const name of to) if (!isInput(name)) checkTap(description, name);
  // From where a goal can be reached, whatever lies before its ReLU included.
  const weighted = weightedLayers(description, weights);
  const reached = new Set([...to.map(baseOf), ...weights]);
  for (const layer of layers) if (inputsOf(layer).some((name) => reached.has(name))) reached.add(layer.out);
  const needed = new Set(from.map(baseOf));
  for (const layer of [...layers].reverse())
    if (needed.has(layer.out)) for (const name of inputsOf(layer)) needed.add(name);
  for (const name of [...to, ...weights])
    if (!needed.has(baseOf(name)))
      throw new UsageError(
        `backward: none of ${from.join(', ')} depends on '${name}'; choose an earlier tap`,
      );
  for (const tap of from)
    if (!reached.has(baseOf(tap)))
      throw new UsageError(
        `backward: '${tap}' does not depend on ${[...to, ...weights].join(', ')}; choose a later tap as from`,
      );
  const active = new Set([...reached].filter((name) => needed.has(name)));
  const passing = layers.filter(
    (layer) => active.has(layer.out) && inputsOf(layer).some((name) => active.has(name)),
  );
  const groups = groupsOf(passing, shapes);
  const reads = new Set(groups.flatMap(({ reads }) => [...reads]));
  // A gradient before a ReLU that is a goal is read behind it as well.
  for (const name of to.filter(isPreRelu))
    for (const part of rectifiedOf(description, baseOf(name))) reads.add(part);
  for (const layer of weighted)
    for (const name of [...inputsOf(layer), ...(opOf(layer).relu?.(layer) ? [layer.out] : [])])
      reads.add(name);
  return { active, groups, reads };
}

/** UsageError: a name that is no layer, or a layer whose parameters have no gradient here. */
function weightedLayers({ layers }: NetworkDescription, names: readonly string[]): Layer[] {
  const known = layers.filter((layer) => opOf(layer).backward?.parameters);
  return names.map((name) => {
    const layer = known.find(({ out }) => out === name);
    if (!layer)
      throw unknownName(
        'layer with parameters',
        name,
        known.map(({ out }) => out),
      );
    return layer;
  });
}

/** In the order of the way back. */
function groupsOf(layers: readonly Layer[], shapes: ReadonlyMap<string, Shape>): BackwardGroup[] {
  const ops = new Set(layers.map((layer) => opOf(layer)));
  const families = [...ops].flatMap((op) => op.backwardGroups?.(layers, shapes) ?? []);
  const grouped = new Set(families.flatMap((family) => family.layers));
  const singles = layers.filter((layer) => !grouped.has(layer) && !opOf(layer).branches);
  const place = ({ layers: [first] }: BackwardGroup): number => layers.indexOf(first as Layer);
  return [...families, ...singles.map((layer) => single(layer, shapes))].sort((a, b) => place(b) - place(a));
}

function single(layer: Layer, shapes: ReadonlyMap<string, Shape>): BackwardGroup {
  const { backward } = opOf(layer);
  if (!backward) throw new UsageError(`backward: no gradient passes the ${layer.op} '${layer.out}'`);
  const from = shapes.get(inputsOf(layer)[0])!;
  const out = shapes.get(layer.out)!;
  return {
    layers: [layer],
    reads: backward.reads?.(layer) ?? [],
    work: backward.work?.(layer, from, out) ?? 0,
    scratch: (core, span) => backward.scratch?.(core, layer, from, out, span) ?? 0,
    step: (site) => backward.step(site, layer),
  };
}

/** What the plan of the way back is made of. */
export interface WayBackLayout {
  description: NetworkDescription;
  inputs: readonly Input[];
  layers: readonly Layer[];
  /** Step of each layer on the way there. */
  steps: readonly number[];
  shapes: ReadonlyMap<string, Shape>;
  borders: ReadonlyMap<string, Border>;
  options: BackwardOptions;
  passage: Passage;
}

/** Last step of a way there of n layers and the way back. */
export const lastStep = (layers: readonly BaseLayer[]): number => 2 * layers.length + 1;

export function wayBack(layout: WayBackLayout): WayBack {
  const { description, layers, shapes, options } = layout;
  const { active, groups } = layout.passage;
  const n = layers.length;
  const time = (layer: BaseLayer): number => 2 * n - layout.steps[layers.indexOf(layer as Layer)];
  const whole = new Map<string, BaseLayer>();
  for (const layer of layers)
    if (active.has(layer.out)) for (const name of opOf(layer).branches?.(layer) ?? []) whole.set(name, layer);
  const rootOf = (name: string): string => whole.get(name)?.out ?? name;
  const starts = new Set(options.from.filter((tap) => !isPreRelu(tap)));

  // Who brings something to which gradient, from when to when it is there.
  const lives = new Map<string, { from: number; to: number }>();
  const touch = (root: string, at: number): void => {
    const life = lives.get(root) ?? { from: at, to: at };
    lives.set(root, { from: Math.min(life.from, at), to: Math.max(life.to, at) });
  };
  for (const tap of starts) touch(rootOf(tap), n);
  const made: WayBackStep[] = groups.map((group) => {
    const at = Math.max(...group.layers.map(time));
    const arrivals = new Map<string, Arrival>();
    let aside = 0;
    for (const name of inputsOf(group.layers[0]).filter((tensor) => active.has(tensor))) {
      const root = rootOf(name);
      arrivals.set(name, lives.has(root) ? 'add' : root === name ? 'write' : 'clear');
      touch(root, at);
      aside = Math.max(aside, tensorBytes(shapes.get(name)!));
    }
    if (![...arrivals.values()].some((arrival) => arrival !== 'write')) aside = 0;
    const work = Math.ceil(group.work / 64) * 64;
    return { group, arrivals, work: { bytes: work + aside, from: at, to: at, offset: 0 }, aside: work };
  });
  for (const { group } of made)
    for (const layer of group.layers) {
      const at = Math.max(...group.layers.map(time));
      if (lives.has(rootOf(layer.out))) touch(rootOf(layer.out), at);
    }

  const shared = made.map(({ work }) => work);
  const pre = (names: readonly string[]): string[] =>
    names.filter(isPreRelu).flatMap((tap) => rectifiedOf(description, baseOf(tap)));
  const asked = new Set(options.to.filter((name) => !isPreRelu(name)).map(rootOf));
  const wantedPre = [...new Set([...pre(options.to), ...(options.weights ?? [])])];
  for (const name of wantedPre) asked.add(rootOf(name));
  const views = new Map<string, View>();
  for (const [name, life] of lives) {
    const own = asked.has(name);
    const view = { ...viewOf(layout, name, life), own };
    views.set(name, view);
    if (!own) shared.push(view.block);
  }
  for (const [name, layer] of whole) {
    const view = views.get(layer.out);
    if (!view) continue;
    const names = inputsOf(layer);
    const before = names
      .slice(0, names.indexOf(name))
      .reduce((sum, other) => sum + shapes.get(other)!.channels, 0);
    views.set(name, { ...view, shape: shapes.get(name)!, start: 4 * before });
  }
  const given = new Map(
    pre(options.from).map((name) => [name, plainView(shapes.get(name)!, { from: n, to: 2 * n + 1 })]),
  );
  for (const { block } of given.values()) shared.push(block);
  const wanted = new Map(
    wantedPre.map((name) => [
      name,
      { ...plainView(shapes.get(name)!, { from: n, to: 2 * n + 1 }), own: true },
    ]),
  );
  return { steps: made, views, given, wanted, starts, shared };
}

const tensorBytes = ({ height, width, channels }: Shape): number =>
  Math.ceil((16 * height * width * Math.ceil(channels / 4)) / 64) * 64;

/** Without border, channels in fours; an input as its reader holds it. */
function viewOf(
  { inputs, shapes, borders }: WayBackLayout,
  name: string,
  life: Pick<Block, 'from' | 'to'>,
): View {
  const input = inputs.find(({ out }) => out === name);
  const shape = shapes.get(name)!;
  const border = borders.get(name);
  if (!input || !border?.fold) return plainView(shape, life);
  const held = inputOpOf(input).held?.(shape, border).shape ?? shape;
  return { ...plainView(held, life), fold: border.fold };
}

function plainView(shape: Shape, { from, to }: Pick<Block, 'from' | 'to'>): View {
  const pixel = 16 * Math.ceil(shape.channels / 4);
  const block = { bytes: tensorBytes(shape), from, to, offset: 0 };
  return { shape, block, own: false, start: 0, pixel, row: shape.width * pixel, before: 0 };
}
