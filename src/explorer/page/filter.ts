// Which units a list shows, and in which order. Everything is in the address.
import { type Kind, parseUnit } from '../../units/unit.js';
import type { Table } from './data.js';
import { numberOf, type QueryValues } from './router.js';

export const STATES: Record<string, string> = {
  all: 'all',
  alive: 'alive',
  dead: 'dead',
  detector: 'curve detectors',
};
export const SORTS: Record<string, string> = {
  density: 'density',
  index: 'number',
  orientation: 'orientation',
  strength: 'strength',
  alignment: 'alignment',
  resultant: 'selectivity',
};

export interface Filter {
  /** Numbers, `f12`, `n5`, `90°`, words of labels and families; one after the other, any of them. Of features, those nearest to neuron 5. */
  text: string;
  state: string;
  sort: string;
  /** Whether orientation counts. */
  around: boolean;
  /** Degrees, and to either side of it. */
  orientation: number;
  within: number;
  /** log10 of the largest density. */
  densest: number;
  /** Largest alignment with one neuron. */
  alignment: number;
  /** One's own list. */
  list: string;
  /** Family, as the taxonomy has it. */
  family: string;
}

/** What is known of units besides the table: words to search, lists that they are on. */
export interface Known {
  words(unit: number): string;
  isOn(unit: number, list: string): boolean;
  /** '' where it was not sorted. */
  family(unit: number): string;
}

export const DEFAULT_FILTER: Filter = {
  text: '',
  state: 'all',
  sort: 'density',
  around: false,
  orientation: 0,
  within: 20,
  densest: 0,
  alignment: 1,
  list: '',
  family: '',
};

/** Longer searches are cut. */
const MAX_TEXT = 200;

export function filterOf(query: URLSearchParams): Filter {
  const known = (key: string, names: Record<string, string>, fallback: string) => {
    const value = query.get(key);
    return value !== null && Object.hasOwn(names, value) ? value : fallback;
  };
  const d = DEFAULT_FILTER;
  return {
    text: (query.get('q') ?? '').slice(0, MAX_TEXT),
    state: known('state', STATES, d.state),
    sort: known('sort', SORTS, d.sort),
    around: query.has('o'),
    orientation: Math.round(numberOf(query.get('o'), 0, 359, d.orientation)),
    within: Math.round(numberOf(query.get('within'), 1, 180, d.within)),
    densest: numberOf(query.get('density'), -6, 0, d.densest),
    alignment: numberOf(query.get('alignment'), 0, 1, d.alignment),
    list: (query.get('list') ?? '').slice(0, MAX_TEXT),
    family: (query.get('family') ?? '').slice(0, MAX_TEXT),
  };
}

export function queryOf(f: Filter): QueryValues {
  return {
    q: f.text,
    state: f.state === DEFAULT_FILTER.state ? undefined : f.state,
    sort: f.sort === DEFAULT_FILTER.sort ? undefined : f.sort,
    o: f.around ? f.orientation : undefined,
    within: f.around ? f.within : undefined,
    density: f.densest < 0 ? f.densest : undefined,
    alignment: f.alignment < 1 ? f.alignment : undefined,
    list: f.list,
    family: f.family,
  };
}

/** For the address of a unit of a list: its order is named even where it is the usual one, so that what is next there is known. */
export const listQuery = (f: Filter): QueryValues => ({ ...queryOf(f), sort: f.sort });

/** How near an orientation that is searched for is. */
const NEAR_DEG = 10;

/** `90°` or `90deg`. */
function degreesOf(word: string): number | undefined {
  const match = /^(\d{1,3}(?:\.\d+)?)(?:°|deg)$/i.exec(word);
  return match ? Number(match[1]) % 360 : undefined;
}

/** Smallest angle between two directions, degrees. */
export const angleBetween = (a: number, b: number): number => Math.abs(((a - b + 540) % 360) - 180);

/** Units that pass, in order. */
export function select(table: Table, f: Filter, kind: Kind, known?: Known): number[] {
  const column = (name: string) => table.column(name);
  const [density, orientation, peak] = [column('density'), column('orientation'), column('peak')];
  const [alignment, detector] = [column('alignment'), column('detector')];
  const wanted = searched(f.text, table, kind, known);
  const out: number[] = [];
  for (let u = 0; u < table.count; u++) {
    if (wanted && !wanted(u)) continue;
    if (f.state === 'alive' && density && !(density[u] > 0)) continue;
    if (f.state === 'dead' && density && density[u] > 0) continue;
    if (f.state === 'detector' && !detector?.[u]) continue;
    if (
      f.around &&
      !(peak && orientation && peak[u] > 0 && angleBetween(orientation[u], f.orientation) <= f.within)
    )
      continue;
    if (f.densest < 0 && density && !(density[u] <= 10 ** f.densest)) continue;
    if (f.list && !known?.isOn(u, f.list)) continue;
    if (f.family && known?.family(u) !== f.family) continue;
    if (f.alignment < 1 && alignment && !(alignment[u] <= f.alignment)) continue;
    out.push(u);
  }
  const list = sorted(out, f.sort, column);
  if (!wanted) return list;
  // `f12` before f120 to f129.
  return [...list.filter((u) => wanted(u) === 'exact'), ...list.filter((u) => wanted(u) !== 'exact')];
}

function sorted(units: number[], sort: string, column: (name: string) => Float32Array | undefined): number[] {
  const values = sort === 'index' ? undefined : column(sort);
  if (!values) return units;
  // What does not respond to curves has no orientation: at the end.
  const peak = sort === 'orientation' ? column('peak') : undefined;
  const rank = (u: number) => (peak && !(peak[u] > 0) ? Number.POSITIVE_INFINITY : values[u]);
  const direction = sort === 'orientation' || sort === 'alignment' ? 1 : -1;
  return units.sort((a, b) => direction * (rank(a) - rank(b)) || a - b);
}

/** Whether a unit is searched for, and by its whole number; undefined where nothing is. */
function searched(
  text: string,
  table: Table,
  kind: Kind,
  known: Known | undefined,
): ((unit: number) => 'exact' | 'like' | undefined) | undefined {
  // A letter that its number is yet to follow looks for nothing.
  const words = text
    .slice(0, MAX_TEXT)
    .split(/[\s,]+/)
    .filter((word) => !/^([fn]?|.*:)$/i.test(word));
  if (!words.length) return undefined;
  const neuron = kind === 'features' ? table.ints('neuron') : undefined;
  const wanted = words.map((word) => ({
    unit: parseUnit(word, kind),
    deg: degreesOf(word),
    word: word.toLowerCase(),
  }));
  const [orientation, peak] = [table.column('orientation'), table.column('peak')];
  const is = (u: number, { unit, deg, word }: (typeof wanted)[number]) => {
    if (deg !== undefined)
      return peak?.[u] && orientation && angleBetween(orientation[u], deg) <= NEAR_DEG ? 'like' : undefined;
    if (unit === undefined) return known?.words(u).toLowerCase().includes(word) ? 'like' : undefined;
    // Of features, a neuron's are those that copy it.
    if (unit.kind !== kind) return neuron?.[u] === unit.index ? 'like' : undefined;
    if (u === unit.index) return 'exact';
    return String(u).startsWith(String(unit.index)) ? 'like' : undefined;
  };
  return (u) => {
    const found = wanted.map((unit) => is(u, unit));
    return found.find((how) => how === 'exact') ?? found.find((how) => how === 'like');
  };
}
