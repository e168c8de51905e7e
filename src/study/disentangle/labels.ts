// Attributes of vectors out of metadata: NAME, NAME=FIELD, or NAME=FIELD:REGEX where only part of a value tells.
import { InputError, shown, UsageError, unknownName } from '../../core/errors.js';
import { Rng } from '../../core/random.js';
import { type Metadata, textsOf } from '../../vectors/metadata.js';
import type { Attribute } from './types.js';

export interface LabelSpec {
  name: string;
  field: string;
  /** What of the value's text names the class: its first group, or all that it matches. */
  pattern?: string;
}

/** `field=categories:^[a-z-]+`. UsageError: not so written, or a pattern that is none. */
export function parseLabelSpec(text: string): LabelSpec {
  const [, name, field = name, pattern] = /^([^=:]+)(?:=([^:]+)(?::(.+))?)?$/.exec(text) ?? [];
  if (name === undefined)
    throw new UsageError(
      `attribute '${shown(text)}' is not written NAME, NAME=FIELD or NAME=FIELD:REGEX, as field=categories:^[a-z-]+`,
    );
  if (pattern !== undefined)
    try {
      new RegExp(pattern, 'u');
    } catch (cause) {
      throw new UsageError(`attribute '${name}': '${shown(pattern)}' is no regular expression`, { cause });
    }
  return { name, field, ...(pattern !== undefined && { pattern }) };
}

export interface Labelled {
  /** Rows of the vectors that are entities, rising. */
  rows: Int32Array;
  attributes: Attribute[];
  /** Of each entity, where entities of one group stay on one side of the split. */
  groups?: string[];
  /** Rows that lack a label. */
  unlabelled: number;
  /** Rows whose label is rarer than `fewest`. */
  rare: number;
}

const STREAM = 67;

/**
 * Entities of records joined to vectors: those with a value of every attribute that at least `fewest` records have;
 * of more than `most` a sample. Classes are in order of their names. UsageError: a field that no record has.
 * InputError: no record has a label, or none is left.
 */
export function labelled(
  { records, fields, label }: Metadata,
  specs: readonly LabelSpec[],
  { fewest, most, seed, group }: { fewest: number; most: number; seed: number; group?: string },
): Labelled {
  for (const field of [...specs.map((s) => s.field), ...(group === undefined ? [] : [group])])
    if (!fields.includes(field)) throw unknownName(`field of ${label}`, field, fields);
  const values = specs.map((spec) => records.map((record) => classOf(spec, record[spec.field])));
  for (const [a, own] of values.entries())
    if (own.every((value) => value === undefined))
      throw new InputError(
        `${label}: no record has a label of attribute '${specs[a].name}' (field '${specs[a].field}'${specs[a].pattern === undefined ? '' : `, ${shown(specs[a].pattern)}`})`,
      );
  const whole = records.flatMap((_, i) => (values.every((own) => own[i] !== undefined) ? [i] : []));
  const common = values.map((own) => {
    const counts = new Map<string, number>();
    for (const i of whole) counts.set(own[i]!, (counts.get(own[i]!) ?? 0) + 1);
    return new Set([...counts].filter(([, n]) => n >= fewest).map(([value]) => value));
  });
  const usable = Int32Array.from(whole.filter((i) => values.every((own, a) => common[a].has(own[i]!))));
  if (!usable.length)
    throw new InputError(
      `${label}: no record has, of every attribute, a value that ${fewest} records have; give a lower --fewest, or coarser values`,
    );
  const rows = new Rng(seed, STREAM).shuffle(usable.slice()).slice(0, most).sort();
  const attributes = specs.map(({ name }, a) => {
    const own = Array.from(rows, (i) => values[a][i]!);
    const classes = [...new Set(own)].sort();
    const at = new Map(classes.map((value, k) => [value, k]));
    return { name, classes, labels: Int32Array.from(own, (value) => at.get(value)!) };
  });
  return {
    ...{ rows, attributes, unlabelled: records.length - whole.length, rare: whole.length - usable.length },
    ...(group !== undefined && {
      groups: Array.from(rows, (i) => textsOf(records[i][group])[0] ?? `row ${i}`),
    }),
  };
}

function classOf({ pattern }: LabelSpec, value: unknown): string | undefined {
  const [text] = textsOf(value);
  if (text === undefined || pattern === undefined) return text;
  const match = new RegExp(pattern, 'u').exec(text);
  return (match?.[1] ?? match?.[0]) || undefined;
}
