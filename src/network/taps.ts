// Names: taps, units, and where on the input they look.
import { UsageError, unknownName } from '../core/errors.js';
import { checkDescription, PRE } from './check.js';
import { shapes } from './geometry.js';
import { inputsOf, opOf } from './ops/index.js';
import type { Look } from './ops/op.js';
import type { Layer, NetworkDescription, TapInfo } from './types.js';

/** Name without `_pre_relu`. */
export const baseOf = (tap: string): string => (tap.endsWith(PRE) ? tap.slice(0, -PRE.length) : tap);
export const isPreRelu = (tap: string): boolean => tap.endsWith(PRE);

/** Layers whose values before their ReLU make up `<tap>_pre_relu`, in order: the layer, or all branches of a concat; or none. */
export function rectifiedOf(description: NetworkDescription, base: string): string[] {
  const layer = description.layers.find((l) => l.out === base);
  return layer ? rectified(layer, description.layers) : [];
}

function rectified(layer: Layer, layers: readonly Layer[]): string[] {
  const op = opOf(layer);
  if (op.relu?.(layer)) return [layer.out];
  const branches = op.branches?.(layer) ?? [];
  const parts = branches.map((name) => rectified(layers.find((l) => l.out === name)!, layers));
  return parts.every((names) => names.length) ? parts.flat() : [];
}

/** The tap of a tap's values before its ReLU; undefined where it ends in none. */
export function beforeRelu(description: NetworkDescription, tap: string): string | undefined {
  if (isPreRelu(tap)) return tap;
  return rectifiedOf(description, tap).length ? tap + PRE : undefined;
}

/** Every tap, in order of computation; what ends in a ReLU, alone or side by side, also as `<tap>_pre_relu`. */
export function taps(description: NetworkDescription): string[] {
  checkDescription(description);
  const { layers } = description;
  return layers.flatMap((l) => (rectified(l, layers).length ? [l.out + PRE, l.out] : [l.out]));
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
  const base = baseOf(tap);
  return shapes(description, neededLayers(description, [base])).get(base)!.channels;
}

/**
 * Shape and geometry of a tap for a picture of height x width pixels; its native size where left out, and
 * of a network without pictures. `stride`, `centre` and `field` are in input pixels, along x (the same along y for
 * square inputs). Throws UsageError for an unknown tap or an input too small for it.
 */
export function tapInfo(
  description: NetworkDescription,
  tap: string,
  height?: number,
  width?: number,
): TapInfo {
  checkTap(description, tap);
  const base = baseOf(tap);
  const layers = neededLayers(description, [base]);
  const sizes = shapes(description, layers, height, width);
  const looks = new Map<string, Look>();
  for (const { out } of description.inputs) looks.set(out, { stride: 1, centre: 0, field: 1 });
  for (const layer of layers) {
    const names = inputsOf(layer);
    const from = names.map((name) => looks.get(name)!);
    const seen = { ...from[0], field: Math.max(...from.map((f) => f.field)) };
    const look = opOf(layer).look?.(layer, seen, sizes.get(names[0])!, sizes.get(layer.out)!);
    looks.set(layer.out, look ?? seen);
  }
  const { dims, height: h, width: w, channels } = sizes.get(base)!;
  return { name: tap, shape: [...dims], channels, height: h, width: w, ...looks.get(base)! };
}

export interface Unit {
  /** As written. */
  tap: string;
  index: number;
  /** The same unit in a concat that names it: `mixed3b_5x5:59` is `mixed3b:379`. Equal for other taps. */
  canonical: { tap: string; index: number };
}

/** `mixed3b:379`. UsageError for anything else, an unknown tap or an index out of range. */
export function parseUnit(text: string, description: NetworkDescription): Unit {
  const match = /^([^:]+):(\d{1,9})$/.exec(text);
  if (!match)
    throw new UsageError(
      `unit '${text.slice(0, 80)}' is not written TAP:INDEX, as in ${description.layers[0].out}:0`,
    );
  const [, tap, digits] = match;
  const index = Number(digits);
  const channels = tapChannels(description, tap);
  if (index >= channels)
    throw new UsageError(`unit '${text}': ${tap} has units 0 to ${channels - 1}; choose one of them`);
  const base = baseOf(tap);
  for (const layer of description.layers) {
    const op = opOf(layer);
    const branches = op.branches?.(layer) ?? [];
    if (!branches.includes(base) || !op.namesUnits?.(layer)) continue;
    if (isPreRelu(tap) && !rectified(layer, description.layers).length) continue;
    const before = branches.slice(0, branches.indexOf(base));
    const offset = before.reduce((n, name) => n + tapChannels(description, name), 0);
    return { tap, index, canonical: { tap: layer.out + (isPreRelu(tap) ? PRE : ''), index: offset + index } };
  }
  return { tap, index, canonical: { tap, index } };
}

/** The branch of a concat that the unit lies on: `mixed3b:379` is `mixed3b_5x5:59`. Of another tap, the unit itself. */
export function branchOf(
  { tap, index }: Pick<Unit, 'tap' | 'index'>,
  description: NetworkDescription,
): { tap: string; index: number } {
  const layer = description.layers.find((l) => l.out === baseOf(tap));
  let rest = index;
  for (const name of layer ? (opOf(layer).branches?.(layer) ?? []) : []) {
    const channels = tapChannels(description, name);
    if (rest < channels) return { tap: name + (isPreRelu(tap) ? PRE : ''), index: rest };
    rest -= channels;
  }
  return { tap, index };
}
