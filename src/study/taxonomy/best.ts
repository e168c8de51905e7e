// The drawing that stands for each sorted read-out: of its family's, the one that it answers to most strongly.
import type { Drawing } from '../../images/drawings.js';
import type { Series } from '../physiology/battery.js';
import { gridOf } from '../physiology/responses.js';
import { seriesOf } from './rule.js';
import type { ProfiledKind } from './taxonomy.js';
import type { SortedUnit } from './types.js';

/** In the order of `units`, which are those of `kinds` one after the other; at the first of the places where drawings lie. */
export function bestDrawings(
  all: readonly Series[],
  kinds: readonly ProfiledKind[],
  units: readonly SortedUnit[],
): (Drawing | undefined)[] {
  let first = 0;
  return kinds.flatMap(({ profiles, names }) => {
    const own = units.slice(first, first + names.length);
    first += names.length;
    return own.map(({ family }, u) => {
      const wanted = seriesOf(family);
      let best: Drawing | undefined;
      let most = 0;
      for (const series of all) {
        // Of no family: whatever it answers to.
        if (wanted.length && !wanted.includes(series.name)) continue;
        const values = profiles.get(series.name)!;
        const { kept, places } = gridOf(series);
        for (let k = 0; k < kept; k++) {
          const v = values[k * names.length + u];
          if (v <= most) continue;
          most = v;
          best = series.drawings[k * places + (places >> 1)];
        }
      }
      return best;
    });
  });
}
