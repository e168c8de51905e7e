// One mask, trained and judged: a method, an attribute and a seed.

import { Axes } from '../../units/interventions/axes.js';
import type { Coded } from '../../units/interventions/basis.js';
import { type Setting, STREAM_TEST, scoresOf, trainMask } from './mask.js';
import { basisOf, type Method, type MethodMaterial } from './methods.js';
import { Pairs } from './pairs.js';
import type { Attribute, EntitySplit, MaskOptions, Pair, Probe, Reading, Score } from './types.js';

/** Entities in one thread. */
export interface Material extends MethodMaterial {
  attributes: readonly Attribute[];
  split: EntitySplit;
  probes: readonly Probe[];
  reading: Reading;
  /** [positions][d] */
  vectors(entity: number): Float32Array;
}

export interface Trained {
  /** Hard mask: what is reported. */
  score: Score;
  /** The mask as it was at the last temperature. */
  soft: Score;
  /** Of a basis that loses something: nothing interchanged, and everything. null: nothing is lost, as no-op and full patch. */
  nothing: Score | null;
  everything: Score | null;
  /** Coordinates taken. */
  selected: number;
  of: number;
  /** Which. */
  chosen: number[];
}

/** Nothing changed, and everything patched, for each attribute that a mask could be about. */
export interface Ends {
  noop: Score[];
  full: Score[];
}

const pairsOf = ({ attributes, split }: Material, count: number, seed: number): Pair[] =>
  new Pairs(attributes, split.test, seed, STREAM_TEST).draw(count);

/** Codes are made once for each entity. */
function settingOf(material: Material, basis: Setting['basis']): Setting {
  const known = new Map<number, Coded>();
  return {
    ...material,
    basis,
    code: (entity) => {
      let code = known.get(entity);
      if (!code) {
        code = basis.code(material.vectors(entity));
        known.set(entity, code);
      }
      return code;
    },
  };
}

/** `pairs`: how many are judged on. */
export async function trainedMask(
  material: Material,
  method: Method,
  attribute: number,
  options: MaskOptions,
  pairs: number,
): Promise<Trained> {
  const { basis, turning, dispose } = basisOf(method, material, options.seed);
  try {
    const setting = settingOf(material, basis);
    const { hard, soft } = await trainMask(setting, attribute, material.split.train, options, turning);
    const judged = pairsOf(material, pairs, options.seed);
    const score = (mask: Float32Array): Score => scoresOf(setting, judged, mask)[attribute];
    const at = (value: number): Score | null =>
      basis.lossless ? null : score(new Float32Array(basis.size).fill(value));
    const chosen = Array.from(hard.keys()).filter((j) => hard[j] === 1);
    const isMasked = turning?.masked !== false;
    return {
      ...{ score: score(hard), soft: score(soft), nothing: at(0), everything: at(1) },
      selected: chosen.length,
      of: isMasked ? basis.size : material.d,
      chosen,
    };
  } finally {
    dispose();
  }
}

export function endsOf(material: Material, seed: number, pairs: number): Ends {
  const basis = new Axes(material.d);
  const setting = settingOf(material, basis);
  const judged = pairsOf(material, pairs, seed);
  const at = (value: number) => scoresOf(setting, judged, new Float32Array(basis.size).fill(value));
  return { noop: at(0), full: at(1) };
}
