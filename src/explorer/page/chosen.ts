// The units that the live page watches: written `f12` and `n5`, so that an address can carry them.

import type { ExplorerIndex } from '../../study/facts/format.js';
import { type Kind, parseUnit, sameUnit, type Unit } from '../../units/unit.js';

const MOST_CHOSEN = 24;

/** A unit of this run; a number alone is a feature's. */
export function unitOf(text: string, counts: Record<Kind, number>): Unit | undefined {
  const unit = parseUnit(text, 'features');
  return unit && unit.index < counts[unit.kind] ? unit : undefined;
}

export function chosenOf(text: string | null, index: ExplorerIndex): Unit[] {
  if (text === null) return suggested(index);
  const out: Unit[] = [];
  for (const word of text.split(',').slice(0, MOST_CHOSEN)) {
    const unit = unitOf(word, index.counts);
    if (unit && !out.some((o) => sameUnit(o, unit))) out.push(unit);
  }
  return out;
}

/** What fills the gaps first, then detectors of both kinds from around the circle. */
function suggested(index: ExplorerIndex): Unit[] {
  const { neurons, features, filledGaps } = index.curves;
  const names = [
    ...(filledGaps ?? []).flatMap((gap) => gap.features.slice(0, 2)),
    ...spread(features?.detectors ?? []),
    ...spread(neurons.detectors),
  ];
  const out = chosenOf([...new Set(names)].join(','), index).slice(0, 8);
  return out.length ? out : [{ kind: 'neurons', index: 0 }];
}

/** Three of a list that is in order of orientation, evenly. */
function spread(detectors: readonly { unit: string }[]): string[] {
  const n = Math.min(3, detectors.length);
  return Array.from({ length: n }, (_, i) => detectors[Math.floor((i * detectors.length) / n)].unit);
}
