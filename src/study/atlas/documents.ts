// What the pages show of documents: a brief of each in files of many, the whole record in files of few, and which documents
// a word is in.
import { gzip } from '../../formats/gzip.js';
import type { Storage } from '../../formats/storage.js';
import {
  ID_FIELD,
  type Metadata,
  type MetadataRecord,
  TITLE_FIELDS,
  textsOf,
} from '../../vectors/metadata.js';
import { chooseFields, textOf, wordsOf } from '../labels/corpus.js';
import {
  type AtlasIndex,
  BRIEF_PIECE,
  type Brief,
  briefFile,
  bucketOf,
  type Postings,
  RECORD_PIECE,
  recordFile,
  WORD_FILES,
  wordFile,
} from './format.js';

/** Fields of so many letters on average are brief; titles are cut. */
const BRIEF = 120;
const MOST_TITLE = 300;
const LOOK = 500;
/** Classes of colours that the map has; the last one is for all others. */
const COLOURS = 10;
/** A word on more documents than this share is no search. */
const MOST_SHARE = 0.5;

/** Where a picture lay on the machine that embedded it: no page says it. */
export const PATH_FIELD = 'file';

export interface ShownFields {
  title: string | null;
  fields: string[];
}

/** Which fields a brief has. */
export function shownFields({ fields, records }: Metadata): ShownFields {
  const own = fields.filter((name) => name !== ID_FIELD && name !== PATH_FIELD);
  const step = Math.max(1, Math.floor(records.length / LOOK));
  const sample = records.filter((_, i) => i % step === 0);
  const length = (name: string) =>
    sample.reduce((sum, record) => sum + textOf(record, [name]).length, 0) / sample.length;
  const title = TITLE_FIELDS.find((name) => own.includes(name)) ?? null;
  return { title, fields: own.filter((name) => name !== title && length(name) <= BRIEF) };
}

const without = (record: MetadataRecord): MetadataRecord =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== PATH_FIELD));

const packed = (value: unknown): Uint8Array<ArrayBuffer> =>
  gzip(new TextEncoder().encode(JSON.stringify(value)));

export async function writeDocuments(
  storage: Storage,
  { records, ids }: Metadata,
  { title, fields }: ShownFields,
  check: () => void,
): Promise<void> {
  const brief = (record: MetadataRecord, row: number): Brief => {
    const id = ids?.[row] ?? String(row);
    const named = title === null ? '' : textsOf(record[title]).join(' ').slice(0, MOST_TITLE);
    return [id, named || id, ...fields.map((name) => record[name] ?? null)];
  };
  for (let row = 0; row < records.length; row += BRIEF_PIECE) {
    check();
    const some = records.slice(row, row + BRIEF_PIECE);
    await storage.write(briefFile(row), packed(some.map((record, i) => brief(record, row + i))));
  }
  for (let row = 0; row < records.length; row += RECORD_PIECE) {
    check();
    await storage.write(recordFile(row), packed(records.slice(row, row + RECORD_PIECE).map(without)));
  }
}

/** Postings of the words of texts and titles. Returns the fields that were read, and words that are too common for postings. */
export async function writeWords(
  storage: Storage,
  metadata: Metadata,
  { title, fields }: ShownFields,
  check: () => void,
): Promise<{ searched: string[]; common: string[] }> {
  const { records } = metadata;
  const texts = metadata.fields.filter((name) => isText(metadata, name));
  const read = [...new Set([...(title === null ? [] : [title]), ...texts, ...fields])];
  if (!read.length) return { searched: [], common: [] };
  const last = new Map<string, number>();
  const postings = new Map<string, number[]>();
  for (const [row, record] of records.entries()) {
    if (row % 1024 === 0) check();
    for (const word of wordsOf(textOf(record, read))) {
      const before = last.get(word);
      if (before === row) continue;
      if (before === undefined) postings.set(word, [row + 1]);
      else postings.get(word)!.push(row - before);
      last.set(word, row);
    }
  }
  const files: Postings[] = Array.from({ length: WORD_FILES }, () => Object.create(null));
  const most = Math.max(LEAST_COMMON, MOST_SHARE * records.length);
  const common: string[] = [];
  for (const [word, rows] of postings)
    if (rows.length > most) common.push(word);
    else files[bucketOf(word)][word] = rows;
  for (const [bucket, content] of files.entries()) await storage.write(wordFile(bucket), packed(content));
  return { searched: read, common: common.sort() };
}

/** In a small corpus every word may be common. */
const LEAST_COMMON = 1000;

function isText({ fields, records, label }: Metadata, name: string): boolean {
  if (name === ID_FIELD || name === PATH_FIELD || !fields.includes(name)) return false;
  const one = { label, records: records.slice(0, LOOK), fields: [name] };
  try {
    return chooseFields(one, {}).text.includes(name);
  } catch {
    return false; // neither a text nor a category
  }
}

/** The most frequent values of a field, and the number of each document's first one. */
export function categoryOf(
  metadata: Metadata,
  { fields }: ShownFields,
): { category: AtlasIndex['category']; of: Uint8Array } {
  const { records } = metadata;
  const field = fields.find((name) => isCategory(metadata, name));
  const of = new Uint8Array(records.length);
  if (field === undefined) return { category: null, of };
  const first = records.map((record) => textsOf(record[field])[0]?.split(/\s+/)[0] ?? '');
  const counts = new Map<string, number>();
  for (const value of first) counts.set(value, (counts.get(value) ?? 0) + 1);
  const names = [...counts]
    .filter(([value]) => value !== '')
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, COLOURS - 1)
    .map(([value]) => value);
  const at = new Map(names.map((value, i) => [value, i]));
  first.forEach((value, row) => {
    of[row] = at.get(value) ?? names.length;
  });
  return { category: { field, names: [...names, 'other'] }, of };
}

function isCategory({ records, label }: Metadata, name: string): boolean {
  try {
    return chooseFields({ label, records, fields: [name] }, {}).categories.includes(name);
  } catch {
    return false;
  }
}
