// The grid of a sweep: architectures times sparsity levels.
import { UsageError } from '../../core/errors.js';
import { architecture } from '../../sae/registry.js';
import { resolveHyperparameters, SETTINGS, type TrainOptions } from '../../sae/settings.js';
import type { Knob, SweepSpec } from './types.js';

/** Levels around an architecture's default, where none are asked for. */
const LEVELS = [0.25, 0.5, 1, 2];

/** The knob of an architecture under these options; null where it has none. */
export function knobOf(options: Pick<TrainOptions, 'architecture' | 'penalty'>): Knob | null {
  const { uses } = architecture(options.architecture);
  if (uses.has('targetL0') && options.penalty === 'quadratic') return 'targetL0';
  return uses.has('k') ? 'k' : uses.has('l1') ? 'l1' : null;
}

/** The grid. `levels`: what the user gave for each knob. */
export function gridOf(
  archs: readonly string[],
  base: Omit<TrainOptions, 'architecture'>,
  levels: Partial<Record<Knob, readonly number[]>>,
  dIn: number,
): SweepSpec[] {
  const specs: SweepSpec[] = [];
  for (const name of archs) {
    const uses = architecture(name).uses;
    // Settings of other architectures are no error in a sweep over several.
    const options = { ...base, architecture: name } as TrainOptions;
    for (const key of SETTINGS) if (!uses.has(key)) delete options[key];
    const knob = knobOf(options);
    if (!knob) {
      specs.push({ name, options, knob: null });
      continue;
    }
    const usual = resolveHyperparameters(options, dIn)[knob]!;
    const values = levels[knob] ?? LEVELS.map((level) => rounded(knob, usual * level));
    for (const value of new Set(values)) {
      const spec = { ...options, [knob]: value };
      resolveHyperparameters(spec, dIn);
      specs.push({ name: `${name}-${knob}-${value}`, options: spec, knob: { name: knob, value } });
    }
  }
  const names = specs.map((s) => s.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new UsageError(`the sweep has ${twice} twice`);
  return specs;
}

const rounded = (knob: Knob, value: number): number =>
  knob === 'k' ? Math.max(1, Math.round(value)) : value;
