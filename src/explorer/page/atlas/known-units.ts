// What is known of the units of a dictionary: names that were given, one's own labels, notes and lists, and how often each fires.
import type { Dictionary } from '../../../study/atlas/format.js';
import type { FeatureLabel } from '../../../units/labels.js';
import type { Note } from '../notes.js';
import { unitText } from './atlas-unit.js';
import type { AtlasContext } from './context.js';
import type { UnitTable } from './unit-facts.js';

export interface KnownUnits {
  of: Dictionary;
  count: number;
  labels: ReadonlyMap<number, FeatureLabel>;
  table: UnitTable;
  own(index: number): Note | undefined;
  /** All lists of one's own. */
  lists: string[];
}

export async function knownUnits({ data }: AtlasContext, of: Dictionary): Promise<KnownUnits> {
  const [labels, table] = await Promise.all([data.labels(of), data.table(of)]);
  const notes = data.notes(of);
  return {
    ...{ of, labels, table, count: table.fires.length, lists: notes.lists() },
    own: (index) => notes.of(data.noteName({ of, index })),
  };
}

/** One's own label, or else the given one. */
export const titleOfUnit = ({ own, labels }: KnownUnits, index: number): string | undefined =>
  own(index)?.label || labels.get(index)?.label;

/** `f12`, `f12: words`. */
export function nameOf(known: KnownUnits, index: number): string {
  const title = titleOfUnit(known, index);
  return `${unitText({ of: known.of, index })}${title ? `: ${title}` : ''}`;
}

/**
 * By number first; of features, `n5` finds those that lean on neuron 5 most; then what all words are found in, of labels, terms and
 * notes: in labels before elsewhere, better names first.
 */
export function found(text: string, known: KnownUnits, most: number): number[] {
  if (!text) return [];
  const { of, labels, table, count } = known;
  const [, letter, digits] = /^([fn])?(\d{1,9})$/.exec(text) ?? [];
  const out: number[] = [];
  if (digits !== undefined && letter !== (of === 'neurons' ? 'f' : 'n') && Number(digits) < count)
    out.push(Number(digits));
  if (letter === 'n' && of !== 'neurons') out.push(...leaningOn(Number(digits), table));
  const words = text.split(/\s+/);
  const has = (all: string) => words.every((word) => all.toLowerCase().includes(word));
  const matches: { index: number; inLabel: boolean; f1: number }[] = [];
  for (let index = 0; index < count; index++) {
    const label = labels.get(index);
    const own = known.own(index);
    if ((!label && !own) || out.includes(index)) continue;
    const names = [own?.label, label?.label].filter(Boolean).join(' ');
    if (!has([names, own?.text, ...(label?.terms ?? [])].join(' '))) continue;
    matches.push({ index, inLabel: has(names), f1: label?.f1 ?? 0 });
  }
  matches.sort((a, b) => Number(b.inLabel) - Number(a.inLabel) || b.f1 - a.f1 || a.index - b.index);
  return [...out, ...matches.map(({ index }) => index)].slice(0, most);
}

/** Features whose decoder row has its largest entry there, the largest share first. */
function leaningOn(neuron: number, { nearest }: UnitTable): number[] {
  const { index, cosine } = nearest.get('neurons') ?? { index: [], cosine: [] };
  return Array.from(index, (n, f) => ({ n, f, by: Math.abs(cosine[f]) }))
    .filter(({ n }) => n === neuron)
    .sort((a, b) => b.by - a.by || a.f - b.f)
    .map(({ f }) => f);
}
