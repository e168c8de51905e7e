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

/** What a sweep runs over besides its architectures. */
export interface Grid {
  /** What the user gave for each knob; values around the usual one where it is not there. */
  levels: Partial<Record<Knob, readonly number[]>>;
  /** Values of d_sae. */
  widths: readonly number[];
  /** The i-th level with the i-th width (the paper's SAE16, SAE32, SAE64) instead of each with each. */
  inStep?: boolean;
}

/** The SAEs of a grid, architecture by architecture. UsageError: one that cannot be trained, or is there twice. */
export function gridOf(
  archs: readonly string[],
  base: Omit<TrainOptions, 'architecture' | 'dSae'>,
  { levels, widths, inStep = false }: Grid,
  dIn: number,
): SweepSpec[] {
  const specs: SweepSpec[] = [];
  for (const name of archs) {
    const uses = architecture(name).uses;
    // Settings of other architectures are no error in a sweep over several.
    const options = { ...base, architecture: name } as TrainOptions;
    for (const key of SETTINGS) if (!uses.has(key)) delete options[key];
    const knob = knobOf(options);
    const ofWidth = (dSae: number, value: number | undefined): SweepSpec => {
      const spec = { ...options, dSae, ...(knob && { [knob]: value }) };
      resolveHyperparameters(spec, dIn);
      const parts = [name, ...(knob ? [knob, value] : []), ...(widths.length > 1 ? ['F', dSae] : [])];
      return { name: parts.join('-'), options: spec, knob: knob && { name: knob, value: value! } };
    };
    const given = knob ? levels[knob] : undefined;
    if (inStep) {
      if (given?.length !== widths.length)
        throw new UsageError(
          `sweep in step: ${widths.length} values of d-sae (${widths.join(', ')}) need as many of ${knob ?? 'a knob'} for ${name}, not ${given?.length ?? 0}`,
        );
      specs.push(...widths.map((dSae, i) => ofWidth(dSae, given[i])));
      continue;
    }
    for (const dSae of widths) {
      const usual = () => resolveHyperparameters({ ...options, dSae }, dIn)[knob!]!;
      const values = () => given ?? LEVELS.map((level) => rounded(knob!, usual() * level));
      for (const value of knob ? new Set(values()) : [undefined]) specs.push(ofWidth(dSae, value));
    }
  }
  const names = specs.map((s) => s.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new UsageError(`the sweep has ${twice} twice`);
  return specs;
}

const rounded = (knob: Knob, value: number): number =>
  knob === 'k' ? Math.max(1, Math.round(value)) : value;
