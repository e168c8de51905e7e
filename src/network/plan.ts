// From a description, an input size and the wanted taps to: which layers run, which
// tensors exist, how they are padded, and which share memory. No numbers are touched here.
import { UsageError } from '../core/errors.js';
import { checkParameters, shapes } from './geometry.js';
import { lifetimes, stepsOf } from './lifetimes.js';
import { checkReach } from './load.js';
import { inputOpOf, inputsOf, opOf } from './ops/index.js';
import type { Group, Shape, View } from './ops/op.js';
import { bordersOf } from './padding.js';
import { type Block, place } from './placement.js';
import { baseOf, checkTap, dependentLayers, isPreRelu, neededLayers, rectifiedOf } from './taps.js';
import type { Input, Layer, Model } from './types.js';
import { viewsOf } from './views.js';
import { type BackwardOptions, lastStep, passage, type WayBack, wayBack } from './way-back.js';

export interface Plan {
  /** Inputs that the layers read. */
  inputs: Input[];
  layers: Layer[];
  shapes: Map<string, Shape>;
  views: Map<string, View>;
  /** Values before the ReLU, by name of the layer, where a tap asks for them. */
  pre: Map<string, View>;
  /** Layers computed together, by the first one's name. */
  groups: Map<string, Group>;
  /** Names of the layers to compute again when the spliced tap is replaced. */
  dependents: Set<string>;
  /** Where inputs lie as they are given, one after the other, before they are preprocessed. */
  staging: Block;
  /** The way back, where gradients were asked for. */
  back: WayBack | undefined;
  /** Bytes of the shared area. */
  shared: number;
}

/**
 * `splice`: a tap whose values will be replaced after a run. What its dependents read
 * besides (the other branches of its block, say) then outlives the run. `options`: of gradients; what their
 * way back reads outlives the run as well.
 */
export function plan(
  model: Model,
  height: number | undefined,
  width: number | undefined,
  wanted: readonly string[],
  splice: string | undefined = undefined,
  options: BackwardOptions | undefined = undefined,
): Plan {
  const network = model.description;
  const { layers, pre, lasting, dependents } = askedFor(model, wanted, splice);
  const sizes = shapes(network, layers, height, width);
  checkParameters(model, layers, sizes);
  const borders = bordersOf(layers, sizes);
  const passed = options && passage(network, layers, sizes, options);
  const reads: ReadonlySet<string> = passed?.reads ?? new Set();
  const kept = [lasting, pre, borders, reads];
  const groups = groupsOf(layers, sizes, (name) => !kept.some((names) => names.has(name)));
  const steps = stepsOf(layers, groups.values());
  const lives = lifetimes(layers, steps, reads, lastStep(layers));
  const inputs = network.inputs.filter(({ out }) => lives.has(out));
  const rows = new Map([...groups.values()].flatMap((group) => [...(group.rows ?? [])]));
  const made = viewsOf({ inputs, layers, shapes: sizes, lives, borders, rows, lasting, pre });
  const bytes = inputs.map((input) => inputOpOf(input).staging?.(sizes.get(input.out)!) ?? 0);
  const staging: Block = { bytes: Math.max(0, ...bytes), from: -1, to: -1, offset: 0 };
  const layout = { description: network, inputs, layers, steps, shapes: sizes, borders };
  const back = passed && wayBack({ ...layout, options, passage: passed });
  return {
    ...{ inputs, layers, shapes: sizes, groups, dependents, staging, back },
    ...{
      views: made.views,
      pre: made.pre,
      shared: place([staging, ...made.shared, ...(back?.shared ?? [])]),
    },
  };
}

/** The layers that the taps need, and which of their values must be kept. */
function askedFor(model: Model, wanted: readonly string[], splice: string | undefined) {
  if (!wanted.length) throw new UsageError('name at least one tap');
  const network = model.description;
  for (const tap of splice === undefined ? wanted : [...wanted, splice]) {
    checkTap(network, tap);
    checkReach(model, baseOf(tap), tap);
  }
  const pre = new Set(wanted.filter(isPreRelu).flatMap((tap) => rectifiedOf(network, baseOf(tap))));
  const kept = wanted.filter((tap) => !isPreRelu(tap));
  const layers = neededLayers(network, [...kept, ...pre]);
  const again = splice === undefined ? [] : dependentLayers(network, splice, layers);
  const dependents = new Set<string>(again.map((layer) => layer.out));
  const lasting = new Set([...kept, ...again.flatMap(inputsOf).filter((name) => !dependents.has(name))]);
  return { layers, pre, lasting, dependents };
}

function groupsOf(
  layers: readonly Layer[],
  sizes: ReadonlyMap<string, Shape>,
  isPassing: (name: string) => boolean,
): Map<string, Group> {
  const isPrivate = (name: string): boolean =>
    isPassing(name) && layers.filter((layer) => inputsOf(layer).includes(name)).length === 1;
  const finders = new Set(layers.map((layer) => opOf(layer)));
  const groups = [...finders].flatMap((op) => op.groups?.(layers, sizes, isPrivate) ?? []);
  return new Map(groups.map((group) => [group.layers[0].out, group]));
}
