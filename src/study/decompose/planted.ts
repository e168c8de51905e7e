// Planted polysemanticity (vectors/hiding.ts, pairs): each unit is the sum of two known neurons. Do its parts say which?
import type { DecomposedPart, PlantedPairs } from './types.js';

/** Cosine from which on a decoder row points to a neuron. */
const POINTS = 0.9;

/** Of rows [n][d], the direction of `directions` [m][d], of length 1, that each points to; -1: none. */
export function pointedTo(rows: Float32Array, directions: Float32Array, d: number): Int32Array {
  return Int32Array.from({ length: rows.length / d }, (_, r) => {
    const row = rows.subarray(r * d, (r + 1) * d);
    const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    let [best, most] = [-1, POINTS * length];
    for (let m = 0; m < directions.length / d && length > 0; m++) {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += row[k] * directions[m * d + k];
      if (dot >= most) [best, most] = [m, dot];
    }
    return best;
  });
}

export interface PlantedUnit {
  pair: readonly [string, string];
  /** Largest first. */
  parts: readonly Pick<DecomposedPart, 'share' | 'neuron'>[];
}

/** Of the neurons of a pair, how many the two largest parts point to; the share of all parts that point to them. */
function foundIn({ parts }: PlantedUnit, pair: readonly [string, string]): { count: number; share: number } {
  const own = (neuron: string | null | undefined) => pair.some((name) => name === neuron);
  const [first, second] = parts;
  return {
    count: new Set([first?.neuron, second?.neuron].filter(own)).size,
    share: parts.filter(({ neuron }) => own(neuron)).reduce((sum, { share }) => sum + share, 0),
  };
}

/** `units`: those that fire. */
export function plantedPairs(units: readonly PlantedUnit[]): PlantedPairs {
  const found = units.map((unit) => foundIn(unit, unit.pair));
  const of = (count: number): number => found.filter((f) => f.count === count).length;
  const apart = (a: PlantedUnit, b: PlantedUnit): boolean => !a.pair.some((name) => b.pair.includes(name));
  const others = units.flatMap((unit) =>
    units.filter((other) => apart(unit, other)).map((other) => foundIn(unit, other.pair)),
  );
  const mean = (values: number[]): number =>
    values.length ? values.reduce((a, b) => a + b, 0) / values.length : 0;
  const chance = (count: number): number => units.length * mean(others.map((f) => Number(f.count === count)));
  return {
    ...{ units: units.length, both: of(2), one: of(1), none: of(0) },
    share: mean(found.map(({ share }) => share)),
    chance: { both: chance(2), one: chance(1), share: mean(others.map(({ share }) => share)) },
  };
}
