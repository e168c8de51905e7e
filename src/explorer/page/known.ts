// What a search finds besides numbers: labels, notes, families; and lists.
import type { Kind } from '../../units/unit.js';
import type { RunData } from './data.js';
import type { Known } from './filter.js';

export function knownOf(run: RunData, kind: Kind): Known {
  const name = (unit: number) => run.name(kind, unit);
  const family = (unit: number) => run.made?.families.get(name(unit))?.family ?? '';
  return {
    family,
    words: (unit) => {
      const own = run.notes?.of(name(unit));
      return [own?.label, own?.text, run.made?.labels.get(name(unit))?.label, family(unit)]
        .filter(Boolean)
        .join(' ');
    },
    isOn: (unit, list) => run.notes?.of(name(unit))?.lists.includes(list) ?? false,
  };
}
