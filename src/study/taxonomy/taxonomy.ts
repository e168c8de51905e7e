// Every read-out of a tap in its family, and which of them answer alike.
import type { Engine } from '../../core/engine.js';
import { visitCosines } from '../../sae/cosines.js';
import type { Series } from '../physiology/battery.js';
import { gridOf, type Profiles } from '../physiology/responses.js';
import { type Answers, answersOf } from './answers.js';
import { FAMILIES, type Family, RULE, type Sorted, seriesOf, sorted } from './rule.js';
import type { Counts, SortedUnit } from './types.js';

export interface ProfiledKind {
  profiles: Profiles;
  names: readonly string[];
  percentile999: ArrayLike<number>;
  fires: readonly number[];
}

/** In the order of `names`. */
export function sortUnits(
  all: readonly Series[],
  { profiles, names, percentile999, fires }: ProfiledKind,
): SortedUnit[] {
  return answersOf(all, profiles, names.length).map((answers, u) => {
    const result = sorted(answers, percentile999[u], fires[u]);
    const scale = percentile999[u] > 0 ? 1 / percentile999[u] : 0;
    return {
      unit: names[u],
      ...result,
      orientationDeg: orientationOf(answers, result),
      fires: fires[u],
      answers: Object.fromEntries(Object.entries(answers).map(([name, { best }]) => [name, best * scale])),
      at: null,
    };
  });
}

/** Of the strongest answer to the family's drawings, where it depends on orientation. */
function orientationOf(answers: Answers, { family }: Sorted): number | null {
  const own = seriesOf(family).map((name) => answers[name]);
  const best = own.sort((a, b) => b.best - a.best)[0];
  return best && best.tuned >= RULE.tuned ? (best.at.orientationDeg ?? null) : null;
}

export function countFamilies(units: readonly { family: Family }[]): Counts {
  const counts = Object.fromEntries(FAMILIES.map((family) => [family, 0])) as Counts;
  for (const { family } of units) counts[family]++;
  return counts;
}

/** Of each read-out the `count` others that answer most alike, nearest first, and how far they are: 1 - cosine of answers. */
export interface Neighbours {
  /** Which read-outs these are: those that answer to anything. */
  rows: number[];
  /** Positions in `rows`. */
  index: number[][];
  distance: number[][];
}

/**
 * By their largest answers to all drawings over where these lie. `kinds`: read-outs of several kinds, one after the
 * other. Read-outs that answer to nothing are like none, and left out.
 */
export function neighboursOf(
  engine: Engine,
  all: readonly Series[],
  kinds: readonly Pick<ProfiledKind, 'profiles' | 'names'>[],
  count: number,
): Neighbours {
  const d = all.reduce((sum, series) => sum + gridOf(series).kept, 0);
  const total = kinds.reduce((sum, { names }) => sum + names.length, 0);
  const data = new Float32Array(total * d);
  let row = 0;
  for (const { profiles, names } of kinds) {
    let column = 0;
    for (const { name } of all)
      column += spread(profiles.get(name)!, names.length, data, row * d + column, d);
    row += names.length;
  }
  const alive = Array.from({ length: total }, (_, i) => i).filter((i) =>
    data.subarray(i * d, (i + 1) * d).some((v) => v > 0),
  );
  for (const [to, from] of alive.entries()) data.copyWithin(to * d, from * d, (from + 1) * d);
  const n = alive.length;
  const rows = { count: n, data: data.subarray(0, n * d) };
  const found: Neighbours = { rows: alive, index: [], distance: [] };
  if (n <= count) return { ...found, rows: [] };
  visitCosines(engine, rows, rows, d, (first, some, values) => {
    for (let i = 0; i < some; i++) {
      const cosines = values.subarray(i * n, (i + 1) * n);
      const order = Array.from(cosines.keys())
        .filter((j) => j !== first + i)
        .sort((a, b) => cosines[b] - cosines[a] || a - b)
        .slice(0, count);
      found.index.push(order);
      found.distance.push(order.map((j) => 1 - cosines[j]));
    }
  });
  return found;
}

/** [kept][n] -> columns of rows of `d`, from `to`; returns how many. */
function spread(values: Float32Array, n: number, out: Float32Array, to: number, d: number): number {
  const kept = values.length / n;
  for (let k = 0; k < kept; k++) for (let u = 0; u < n; u++) out[to + u * d + k] = values[k * n + u];
  return kept;
}
