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
 * At most `most` levels of a unit, strongest first, as equal in places as edges of bins allow. `bins` from the smallest,
 * none of them empty (Octaves.bins).
 */
export function levelsOf(bins: readonly Bin[], most: number): Range[] {
  const before = [0];
  for (const { count } of bins) before.push(before[before.length - 1] + count);
  const total = before[bins.length];
  const starts = new Set([0]);
  for (let level = 1; level < most; level++) {
    const wanted = (level * total) / most;
    let cut = 0;
    for (let i = 1; i < bins.length; i++)
      if (Math.abs(before[i] - wanted) < Math.abs(before[cut] - wanted)) cut = i;
    starts.add(cut);
  }
  const cuts = [...starts].sort((a, b) => a - b);
  const sum = (part: readonly Bin[]): number => part.reduce((s, bin) => s + bin.sum, 0);
  const all = sum(bins);
  if (!bins.length) return [];
  return cuts
    .map((cut, i): Range => {
      const end = cuts[i + 1] ?? bins.length;
      return {
        from: edgeOf(bins[cut].bin),
        to: edgeOf(end < bins.length ? bins[end].bin : bins[end - 1].bin + 1),
        fires: before[end] - before[cut],
        share: sum(bins.slice(cut, end)) / all,
      };
    })
    .reverse();
}
