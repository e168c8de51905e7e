// Lifetimes: at which steps a tensor must be in memory.
import { inputsOf, opOf } from './ops/index.js';
import type { BaseLayer, Group } from './ops/op.js';

export interface Lifetime {
  /** The step that makes it, or the first of its branches. */
  from: number;
  /** The last step that reads it or one of its branches; of what nobody reads, the step that makes it. */
  to: number;
}

/** The step of each layer: its place in the list, but what is computed together works at the step of the first. */
export function stepsOf(layers: readonly BaseLayer[], groups: Iterable<Group>): number[] {
  const steps = layers.map((_, i) => i);
  for (const {
    layers: [first, ...others],
  } of groups)
    for (const other of others) steps[layers.indexOf(other)] = layers.indexOf(first);
  return steps;
}

/**
 * Of every tensor that the layers make or read; inputs are there before the first step, -1. `kept`: tensors that are
 * there until the step `last`.
 */
export function lifetimes(
  layers: readonly BaseLayer[],
  steps: readonly number[],
  kept: ReadonlySet<string> = new Set(),
  last = 0,
): Map<string, Lifetime> {
  const all = new Map<string, Lifetime>();
  layers.forEach((layer, i) => {
    for (const name of inputsOf(layer)) {
      const life = all.get(name) ?? { from: -1, to: -1 };
      all.set(name, { ...life, to: Math.max(life.to, steps[i]) });
    }
    all.set(layer.out, { from: steps[i], to: steps[i] });
  });
  for (const name of kept) {
    const life = all.get(name);
    if (life) all.set(name, { ...life, to: last });
  }
  // A concat is written from its first branch on, and is there while one of them is read.
  for (const layer of layers) {
    const branches = (opOf(layer).branches?.(layer) ?? []).map((name) => all.get(name)!);
    if (!branches.length) continue;
    const { from, to } = all.get(layer.out)!;
    all.set(layer.out, {
      from: Math.min(from, ...branches.map((b) => b.from)),
      to: Math.max(to, ...branches.map((b) => b.to)),
    });
  }
  return all;
}
