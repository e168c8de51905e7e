// The units that the live page watches: written `f12` and `n5`, so that an address can carry them.
import type { ExplorerIndex, Kind } from '../format.js';
import type { UnitRef } from '../live.js';

const MOST_CHOSEN = 24;

export const unitText = ({ kind, unit }: UnitRef): string => `${kind === 'features' ? 'f' : 'n'}${unit}`;

/** `f12`, `n5`, `12` (a feature), `mixed3b_5x5:5` (a neuron); undefined for anything else. */
export function parseUnitText(text: string, counts: Record<Kind, number>): UnitRef | undefined {
  const word = text.trim().toLowerCase().slice(0, 100);
  const colon = word.lastIndexOf(':');
  const kind: Kind = colon >= 0 || word.startsWith('n') ? 'neurons' : 'features';
  const digits = colon >= 0 ? word.slice(colon + 1) : word.replace(/^[fn]/, '');
  if (!/^\d{1,9}$/.test(digits)) return undefined;
  const unit = Number(digits);
  return unit < counts[kind] ? { kind, unit } : undefined;
}

export function chosenOf(text: string | null, index: ExplorerIndex): UnitRef[] {
  if (text === null) return suggested(index);
  const out: UnitRef[] = [];
  for (const word of text.split(',').slice(0, MOST_CHOSEN)) {
    const ref = parseUnitText(word, index.counts);
    if (ref && !out.some((o) => o.kind === ref.kind && o.unit === ref.unit)) out.push(ref);
  }
  return out;
}

/** What fills the gaps first, then detectors of both kinds from around the circle. */
function suggested(index: ExplorerIndex): UnitRef[] {
  const { neurons, features, filledGaps } = index.curves;
  const names = [
    ...(filledGaps ?? []).flatMap((gap) => gap.features.slice(0, 2)),
    ...spread(features?.detectors ?? []),
    ...spread(neurons.detectors),
  ];
  const out = chosenOf([...new Set(names)].join(','), index).slice(0, 8);
  return out.length ? out : [{ kind: 'neurons', unit: 0 }];
}

/** Three of a list that is in order of orientation, evenly. */
function spread(detectors: readonly { unit: string }[]): string[] {
  const n = Math.min(3, detectors.length);
  return Array.from({ length: n }, (_, i) => detectors[Math.floor((i * detectors.length) / n)].unit);
}
