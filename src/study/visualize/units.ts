// What is to be visualised, as it is written: `mixed3b:379`, `f12`, `d3` (a direction), less of one (`-f12`), sums of
// several (`mixed3b:379+0.5*f12-d3`).
import { UsageError } from '../../core/errors.js';
import type { CoreMath } from '../../core/math.js';
import { baseOf, branchOf, isPreRelu, parseUnit, rectifiedOf } from '../../network/taps.js';
import type { NetworkDescription } from '../../network/types.js';
import { type Encoders, featureTerm } from './features.js';
import type { Objective, Term, Where } from './types.js';

export interface Vocabulary {
  math: CoreMath;
  description: NetworkDescription;
  sae?: Encoders;
  /** Rows [n][channels of the tap]. */
  directions?: { tap: string; rows: number; width: number; data: Float32Array };
}

/**
 * `neuron`: at the middle, a unit before its ReLU, where it has a gradient from the first step on. `channel`: the mean
 * over all positions, a unit behind its ReLU. `afterRelu`: behind it in either case.
 */
export interface Reading {
  where: Where;
  afterRelu: boolean;
}

const TERM = /\s*([+-]?)\s*(?:(\d+(?:\.\d+)?)\s*\*\s*)?([^\s:+*-][^\s:+*]*:\d{1,9}|[fd]\d{1,9})\s*/y;

/** UsageError: not written so, an unknown tap, an index out of range, a feature without an SAE. */
export function parseObjective(text: string, words: Vocabulary, reading: Reading): Objective {
  const terms: Term[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const at = TERM.lastIndex;
    const match = TERM.exec(text);
    if (!match || (terms.length > 0 && !match[1]))
      throw new UsageError(
        `unit '${text.slice(0, 80)}': cannot read '${text.slice(at, at + 40)}'; write TAP:INDEX, f12 or d3, alone or as in f12-0.5*f7`,
      );
    const [, sign, factor = '1', name] = match;
    const weight = (sign === '-' ? -1 : 1) * Number(factor);
    terms.push({ weight, where: reading.where, ...termOf(name, words, reading) });
  }
  if (!terms.length) throw new UsageError('an empty unit; write TAP:INDEX, f12 or d3');
  return { terms };
}

function termOf(name: string, words: Vocabulary, reading: Reading): Omit<Term, 'weight' | 'where'> {
  const { math, description, sae, directions } = words;
  const listed = /^([fd])(\d+)$/.exec(name);
  if (!listed) return unitTerm(name, description, reading);
  const index = Number(listed[2]);
  if (listed[1] === 'f') {
    if (!sae) throw new UsageError(`feature '${name}' needs its SAE; give it with --sae`);
    if (index >= sae.config.dSae)
      throw new UsageError(`feature '${name}': this SAE has features f0 to f${sae.config.dSae - 1}`);
    const term = featureTerm(math, sae, index);
    return { ...term, ...readingOf(term.tap, description, reading) };
  }
  if (!directions) throw new UsageError(`direction '${name}' needs its matrix; give it with --directions`);
  if (index >= directions.rows)
    throw new UsageError(`direction '${name}': there are d0 to d${directions.rows - 1}`);
  const { width, data, tap } = directions;
  return {
    ...readingOf(tap, description, reading),
    vector: data.slice(index * width, (index + 1) * width),
  };
}

/** How a direction of a tap is read: where the tap ends in a ReLU, from before it. */
function readingOf(
  tap: string,
  description: NetworkDescription,
  { afterRelu }: Reading,
): Pick<Term, 'tap' | 'rectify'> {
  if (afterRelu || isPreRelu(tap) || !rectifiedOf(description, tap).length) return { tap };
  return { tap: `${tap}_pre_relu`, rectify: true };
}

/** On its branch, so that the others of the block are not computed. */
function unitTerm(
  name: string,
  description: NetworkDescription,
  { where, afterRelu }: Reading,
): Omit<Term, 'weight' | 'where'> {
  const unit = branchOf(parseUnit(name, description), description);
  const isBefore = where === 'centre' && !afterRelu && !isPreRelu(unit.tap);
  const tap =
    isBefore && rectifiedOf(description, baseOf(unit.tap)).length ? `${unit.tap}_pre_relu` : unit.tap;
  return { tap, channel: unit.index };
}
