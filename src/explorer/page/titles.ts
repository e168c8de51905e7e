// What units are called: one's own label first, then that of labels.json.
import { type Unit, unitName } from '../../units/unit.js';
import type { RunData } from './data.js';

export function titleOf(run: RunData, unit: Unit): { text: string; own: boolean } | undefined {
  const name = run.name(unit.kind, unit.index);
  const own = run.notes?.of(name)?.label;
  if (own) return { text: own, own: true };
  const given = run.made?.labels.get(name);
  return given && { text: given.label, own: false };
}

export const fullName = (run: RunData, unit: Unit): string => {
  const title = titleOf(run, unit);
  return title ? `${unitName(unit)}: ${title.text}` : unitName(unit);
};
