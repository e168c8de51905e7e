// The layers of a plan -> closures over the kernels, in the order in which they run.
import type { Core } from '../core/core.js';
import { inputsOf, opOf } from './ops/index.js';
import type { Site, Span } from './ops/op.js';
import type { Plan } from './plan.js';

/** What a benchmark sees of a session: its layers, or what is computed together, one by one. */
export interface SessionStep {
  /** A tensor that the step makes: the last of a band, the first of siblings. */
  name: string;
  run(): void;
}

export function buildSteps(site: Site, { layers, groups }: Plan): SessionStep[] {
  const steps: SessionStep[] = [];
  const done = new Set<string>();
  for (const layer of layers) {
    if (done.has(layer.out)) continue;
    const group = groups.get(layer.out);
    for (const { out } of group?.layers ?? []) done.add(out);
    const run = group ? group.forward(site) : opOf(layer).forward?.(site, layer);
    if (run) steps.push({ name: group?.name ?? layer.out, run });
  }
  return steps;
}

/** Bytes of scratch that the greediest step needs. */
export function scratchBytes(core: Core, { layers, views }: Plan, span: Readonly<Span>): number {
  let most = 0;
  for (const layer of layers) {
    const [name] = inputsOf(layer);
    most = Math.max(most, opOf(layer).scratch?.(core, layer, views.get(name)!, span) ?? 0);
  }
  return most;
}
