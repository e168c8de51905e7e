// What files say of units: the table of a dictionary, and a unit's own row.
import type { Dictionary } from '../../../study/atlas/format.js';
import type { Tensors } from '../fetched.js';

export interface UnitTable {
  fires: Int32Array;
  /** Row that each fires on most; -1: it never fires. */
  best: Int32Array;
  largest: Float32Array;
  /** 99.9th percentile over all rows, of neurons over their sample: what steering counts in. */
  strength: Float32Array;
  /** Of features, the nearest unit of each other dictionary. */
  nearest: Map<Dictionary, { index: Int32Array; cosine: Float32Array }>;
  /** Of features, the cosine with the nearest of as many random directions as that SAE has features. */
  chance: Map<Dictionary, Float32Array>;
}

/** Rows that fire a unit, and how strongly. */
export interface FiringRows {
  document: Int32Array;
  value: Float32Array;
}

/** The strongest first, equal ones by row. */
export const strongestFirst = ({ document, value }: FiringRows): { row: number; value: number }[] =>
  Array.from(document, (row, i) => ({ row, value: value[i] })).sort(
    (a, b) => b.value - a.value || a.row - b.row,
  );

/** A unit's own row of its file. */
export interface UnitFacts extends FiringRows {
  /** Of neurons the strongest rows of all; `document` and `value`, by row, are those of an even sample. */
  top: FiringRows | undefined;
  /** Of features: share of the feature's rows that fire the other one too. Of neurons: correlation. */
  together: Relative[];
  /** Of features: cosine of decoder rows. */
  similar: Relative[];
  /** In other dictionaries: cosine of decoder rows, a neuron's being its axis. */
  elsewhere: Map<Dictionary, Relative[]>;
}

export interface Relative {
  index: number;
  by: number;
}

/** Where a file says what is nearest in a dictionary. */
const partOf = (of: Dictionary): string => (of === 'neurons' ? of : `to${of}`);

export function tableOf(found: Tensors, dictionaries: readonly Dictionary[]): UnitTable {
  const table: UnitTable = {
    fires: found.ints('fires') as Int32Array,
    best: found.ints('best') as Int32Array,
    largest: found.f32('largest')!,
    strength: found.f32('strength')!,
    ...{ nearest: new Map(), chance: new Map() },
  };
  for (const to of dictionaries) {
    const [index, chance] = [found.ints(`${partOf(to)}.index`), found.f32(`${partOf(to)}.chance`)];
    if (index)
      table.nearest.set(to, { index: index as Int32Array, cosine: found.f32(`${partOf(to)}.cosine`)! });
    if (chance) table.chance.set(to, chance);
  }
  return table;
}

/** Of the unit in that row of its file. */
export function factsOf(found: Tensors, row: number, others: readonly Dictionary[]): UnitFacts {
  const start = found.ints('start') as Int32Array;
  const [from, to] = [start[row], start[row + 1]];
  const own = <T extends Int32Array | Float32Array>(values: T | undefined, name: string) =>
    found.row(values, name, row) as T | undefined;
  const relatives = (part: string, by: string): Relative[] => {
    const ids = own(found.ints(`${part}.index`) as Int32Array, `${part}.index`) ?? [];
    const values = own(found.f32(`${part}.${by}`), `${part}.${by}`);
    return Array.from(ids, (id, i) => ({ index: id, by: values![i] })).filter((r) => r.index >= 0);
  };
  const strongest = own(found.ints('top.document') as Int32Array, 'top.document');
  const firing = strongest?.filter((document) => document >= 0);
  return {
    document: (found.ints('document') as Int32Array).subarray(from, to),
    value: found.f32('value')!.subarray(from, to),
    top: firing && {
      document: firing,
      value: own(found.f32('top.value'), 'top.value')!.subarray(0, firing.length),
    },
    together: relatives('together', 'share'),
    similar: relatives('similar', 'cosine'),
    elsewhere: new Map(others.map((other) => [other, relatives(partOf(other), 'cosine')])),
  };
}
