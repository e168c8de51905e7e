// Levels of a unit's activation: what is between two quantiles of the places where it fires.
import { type Bin, edgeOf } from './octaves.js';

export interface Range {
  /** The level holds values in [from, to); both are edges of bins, so that what it holds is known exactly. */
  from: number;
  to: number;
  /** Places in it. */
  fires: number;
  /** Of the unit's whole activation, 0 to 1. */
  share: number;
}

/**
 * At most `most` levels of a unit, strongest first, as equal in places as edges of bins allow, none of less than half of
 * its part: where one bin holds most of the places there are fewer. `bins` from the smallest, none of them empty
 * (Octaves.bins).
 */
export function levelsOf(bins: readonly Bin[], most: number): Range[] {
  if (!bins.length) return [];
  const before = [0];
  for (const { count } of bins) before.push(before[before.length - 1] + count);
  const starts = startsOf(before, most);
  const sum = (part: readonly Bin[]): number => part.reduce((s, bin) => s + bin.sum, 0);
  const all = sum(bins);
  return starts
    .map((start, i): Range => {
      const end = starts[i + 1] ?? bins.length;
      return {
        from: edgeOf(bins[start].bin),
        to: edgeOf(end < bins.length ? bins[end].bin : bins[end - 1].bin + 1),
        fires: before[end] - before[start],
        share: sum(bins.slice(start, end)) / all,
      };
    })
    .reverse();
}

/** The first bin of each level; `before`: places in the bins before each, and in all. */
function startsOf(before: readonly number[], most: number): number[] {
  const total = before[before.length - 1];
  const starts = [0];
  const isEnough = (places: number) => places * 2 * most >= total;
  for (let level = 1; level < most; level++) {
    const wanted = (level * total) / most;
    const cut = before.reduce((c, n, i) => (Math.abs(n - wanted) < Math.abs(before[c] - wanted) ? i : c), 0);
    if (isEnough(before[cut] - before[starts[starts.length - 1]]) && isEnough(total - before[cut]))
      starts.push(cut);
  }
  return starts;
}
