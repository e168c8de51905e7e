// Names: taps, units, and where on the input they look.
import { UsageError, unknownName } from '../core/errors.js';
import { inputsOf, shapes } from './geometry.js';
import type { Layer, NetworkDescription, TapInfo } from './types.js';

const PRE = '_pre_relu';

/** Name without `_pre_relu`. */
export const baseOf = (tap: string): string => (tap.endsWith(PRE) ? tap.slice(0, -PRE.length) : tap);
export const isPreRelu = (tap: string): boolean => tap.endsWith(PRE);

const hasPreRelu = (layer: Layer): boolean => layer.op === 'conv' || layer.op === 'concat';

/** Every tap, in order of computation; each convolution and concat also as `<tap>_pre_relu`. */
export function taps(description: NetworkDescription): string[] {
  return description.layers.flatMap((l) => (hasPreRelu(l) ? [l.out + PRE, l.out] : [l.out]));
}

/** UsageError naming the closest taps where there is no such one. */
export function checkTap(description: NetworkDescription, tap: string): void {
  const known = taps(description);
  if (!known.includes(tap)) throw unknownName('tap', tap, known);
}

/** The layers that `wanted` (names of layers) need, in order of computation. */
export function neededLayers(description: NetworkDescription, wanted: Iterable<string>): Layer[] {
  const needed = new Set(wanted);
  const layers: Layer[] = [];
  for (const layer of [...description.layers].reverse()) {
    if (!needed.has(layer.out)) continue;
    layers.unshift(layer);
    for (const name of inputsOf(layer)) needed.add(name);
  }
  return layers;
}

/**
 * The layers of `layers` that read the tap `splice`, directly or not, in order. UsageError
 * where the tap cannot be spliced: unknown, before its ReLU, or nothing is computed from it.
 */
export function dependentLayers(description: NetworkDescription, splice: string, layers: Layer[]): Layer[] {
  checkTap(description, splice);
  if (isPreRelu(splice))
    throw new UsageError(
      `tap '${splice}' lies before its ReLU and cannot be spliced; splice '${baseOf(splice)}' instead`,
    );
  const changed = new Set([splice]);
  const dependents = layers.filter((layer) => {
    const depends = layer.out !== splice && inputsOf(layer).some((name) => changed.has(name));
    if (depends) changed.add(layer.out);
    return depends;
  });
  if (!dependents.length)
    throw new UsageError(
      `nothing that is asked for is computed from tap '${splice}', so splicing it changes nothing; splice an earlier tap`,
    );
  return dependents;
}

/** Channels of a tap. */
export function tapChannels(description: NetworkDescription, tap: string): number {
  checkTap(description, tap);
  const channels = new Map<string, number>([['input', 3]]);
  for (const layer of neededLayers(description, [baseOf(tap)])) {
    const from = inputsOf(layer).reduce((n, name) => n + channels.get(name)!, 0);
    channels.set(layer.out, layer.op === 'conv' ? layer.filters : layer.op === 'linear' ? layer.units : from);
  }
  return channels.get(baseOf(tap))!;
}

/**
 * Geometry of a tap for an input of height x width pixels. `stride`, `centre` and `field`
 * are in input pixels, along x (the same along y for square inputs). Throws UsageError for
 * an unknown tap or an input too small for it.
 */
export function tapInfo(
  description: NetworkDescription,
  tap: string,
  height: number = description.size,
  width: number = description.size,
): TapInfo {
  checkTap(description, tap);
  const layers = neededLayers(description, [baseOf(tap)]);
  const sizes = shapes(description, layers, height, width);
  const looks = new Map([['input', { stride: 1, centre: 0, field: 1 }]]);
  for (const layer of layers) {
    const from = inputsOf(layer).map((name) => looks.get(name)!);
    const look = { ...from[0], field: Math.max(...from.map((f) => f.field)) };
    if (layer.op === 'conv' || layer.op === 'maxpool' || layer.op === 'avgpool') {
      look.centre += look.stride * ((layer.size - 1) / 2 - sizes.get(layer.out)!.beforeX);
      look.field += look.stride * (layer.size - 1);
      look.stride *= layer.stride;
    }
    looks.set(layer.out, look);
  }
  const { height: h, width: w, channels } = sizes.get(baseOf(tap))!;
  return { name: tap, channels, height: h, width: w, ...looks.get(baseOf(tap))! };
}

export interface Unit {
  /** As written. */
  tap: string;
  index: number;
  /** The same unit in its block's concat: `mixed3b_5x5:59` is `mixed3b:379`. Equal for other taps. */
  canonical: { tap: string; index: number };
}

/** `mixed3b:379`. UsageError for anything else, an unknown tap or an index out of range. */
export function parseUnit(text: string, description: NetworkDescription): Unit {
  const match = /^([^:]+):(\d{1,9})$/.exec(text);
  if (!match) throw new UsageError(`unit '${text.slice(0, 80)}' is not written TAP:INDEX, as in mixed3b:379`);
  const [, tap, digits] = match;
  const index = Number(digits);
  const channels = tapChannels(description, tap);
  if (index >= channels)
    throw new UsageError(`unit '${text}': ${tap} has units 0 to ${channels - 1}; choose one of them`);
  const base = baseOf(tap);
  for (const layer of description.layers) {
    if (layer.op !== 'concat' || !layer.in.includes(base)) continue;
    const before = layer.in.slice(0, layer.in.indexOf(base));
    const offset = before.reduce((n, name) => n + tapChannels(description, name), 0);
    return { tap, index, canonical: { tap: layer.out + (isPreRelu(tap) ? PRE : ''), index: offset + index } };
  }
  return { tap, index, canonical: { tap, index } };
}
