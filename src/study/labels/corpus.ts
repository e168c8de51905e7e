// Documents as the terms that are in them, and as the categories they belong to, from their metadata.
import { UsageError, unknownName } from '../../core/errors.js';
import { ID_FIELD, type Metadata, type MetadataRecord, textsOf } from '../../vectors/metadata.js';

/** Which of a few things each document has, and the other way round: both by increasing number. */
export interface Incidence {
  names: string[];
  /** [documents + 1]; things of document s: thing[start[s] .. start[s + 1]]. */
  start: Int32Array;
  thing: Int32Array;
  /** [things + 1]; documents of thing t: document[first[t] .. first[t + 1]]. */
  first: Int32Array;
  document: Int32Array;
}

export interface FieldChoice {
  /** Fields whose words are terms. */
  text?: readonly string[];
  /** Fields whose values are categories. */
  categories?: readonly string[];
}

const WORD = /[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])/gu;
/** Terms on fewer documents name nothing; those on more than this share tell nothing. */
const [LEAST_DOCUMENTS, MOST_SHARE] = [5, 0.5];
/** A text has this many words on average, a category fewer distinct values than documents by this factor. */
const [TEXT_WORDS, DOCUMENTS_PER_VALUE] = [3, 10];
const FEW_VALUES = 50;
const DATE = /^\d{4}-\d\d?(-\d\d?)?([T ]|$)/;
/** Records looked at to tell texts from categories. */
const LOOK = 2000;

/** The fields as chosen, or by what is in them. UsageError: a field that no record has. */
export function chooseFields({ fields, records }: Metadata, choice: FieldChoice): Required<FieldChoice> {
  for (const name of [...(choice.text ?? []), ...(choice.categories ?? [])])
    if (!fields.includes(name)) throw unknownName('field of the metadata', name, fields);
  const step = Math.max(1, Math.floor(records.length / LOOK));
  const sample = records.filter((_, i) => i % step === 0);
  const guessed = fields.filter((f) => f !== ID_FIELD).map((name) => ({ name, kind: kindOf(sample, name) }));
  const of = (kind: string) => guessed.filter((g) => g.kind === kind).map((g) => g.name);
  const chosen = { text: choice.text ?? of('text'), categories: choice.categories ?? of('category') };
  if (!chosen.text.length && !chosen.categories.length)
    throw new UsageError(
      `no field of the metadata looks like texts or categories (fields: ${fields.join(', ')}); name them with --text and --categories`,
    );
  return chosen;
}

function kindOf(records: readonly MetadataRecord[], name: string): 'text' | 'category' | undefined {
  const distinct = new Set<string>();
  let [values, words, lists, dates] = [0, 0, 0, 0];
  for (const record of records) {
    const value = record[name];
    if (Array.isArray(value)) lists++;
    for (const text of textsOf(value)) {
      values++;
      words += text.split(/\s+/).length;
      dates += Number(DATE.test(text));
      distinct.add(text);
    }
  }
  if (!values || dates > values / 2) return undefined;
  if (!lists && words / values >= TEXT_WORDS) return 'text';
  return distinct.size > 1 && distinct.size <= Math.max(FEW_VALUES, records.length / DOCUMENTS_PER_VALUE)
    ? 'category'
    : undefined;
}

export const textOf = (record: MetadataRecord, fields: readonly string[]): string =>
  fields.flatMap((name) => textsOf(record[name])).join('\n');

export const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];

/** Words of two letters or more on at least 5 documents and at most half of them. */
export function termsOf(records: readonly MetadataRecord[], fields: readonly string[]): Incidence {
  const most = Math.max(LEAST_DOCUMENTS, MOST_SHARE * records.length);
  return incidence(
    records.length,
    (s) => wordsOf(textOf(records[s], fields)),
    (documents) => documents >= Math.min(LEAST_DOCUMENTS, records.length / 4) && documents <= most,
  );
}

/** Values on at least two documents; of several fields with the field before them. */
export function categoriesOf(records: readonly MetadataRecord[], fields: readonly string[]): Incidence {
  const several = fields.length > 1;
  return incidence(
    records.length,
    (s) => fields.flatMap((name) => textsOf(records[s][name]).map((v) => (several ? `${name}: ${v}` : v))),
    (documents) => documents >= 2 && documents < records.length,
  );
}

function incidence(
  documents: number,
  of: (document: number) => string[],
  isKept: (documents: number) => boolean,
): Incidence {
  const ids = new Map<string, number>();
  const counts: number[] = [];
  const all: number[][] = [];
  for (let s = 0; s < documents; s++) {
    const own = new Set<number>();
    for (const name of of(s)) {
      let id = ids.get(name);
      if (id === undefined) {
        id = ids.size;
        ids.set(name, id);
        counts.push(0);
      }
      own.add(id);
    }
    for (const id of own) counts[id]++;
    all.push([...own]);
  }
  const names: string[] = [];
  const to = new Int32Array(counts.length).fill(-1);
  for (const [name, id] of ids)
    if (isKept(counts[id])) {
      to[id] = names.length;
      names.push(name);
    }
  const lists = all.map((own) => own.map((id) => to[id]).filter((t) => t >= 0));
  const start = new Int32Array(documents + 1);
  lists.forEach((own, s) => {
    start[s + 1] = start[s] + own.length;
  });
  const thing = new Int32Array(start[documents]);
  const first = new Int32Array(names.length + 1);
  lists.forEach((own, s) => {
    thing.set(
      own.sort((a, b) => a - b),
      start[s],
    );
    for (const t of own) first[t + 1]++;
  });
  for (let t = 0; t < names.length; t++) first[t + 1] += first[t];
  const at = first.slice(0, names.length);
  const document = new Int32Array(thing.length);
  for (let s = 0; s < documents; s++)
    for (let i = start[s]; i < start[s + 1]; i++) document[at[thing[i]]++] = s;
  return { names, start, thing, first, document };
}
