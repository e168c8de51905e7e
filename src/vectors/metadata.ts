// What is known of each vector besides its numbers: one record a row, as JSON lines or CSV, either packed with gzip.
// Records are joined to vectors by their order, or by `id` where the vectors have ids of their own.
import { InputError, shown, UsageError } from '../core/errors.js';
import { parseCsv } from '../formats/csv.js';
import { gunzip } from '../formats/gzip.js';

/** Fields by name, as the file has them: CSV gives texts, JSON and Parquet any value. */
export type MetadataRecord = Readonly<Record<string, unknown>>;

export interface Metadata {
  label: string;
  /** Record i is of vector i, once joined. */
  records: readonly MetadataRecord[];
  /** Names of the fields, in the order in which they first appear. */
  fields: readonly string[];
  /** Field `id` of each record as text, where every record has one; no two are equal. */
  ids?: readonly string[];
}

export interface MetadataOptions {
  /** Only these fields are kept (and `id`): long texts that nothing reads take no memory. All unless given. */
  fields?: readonly string[];
}

/** Records of a file's bytes in some other format. */
export type RecordReader = (
  bytes: Uint8Array<ArrayBuffer>,
  label: string,
  options: MetadataOptions,
) => Promise<MetadataRecord[]>;

/** The field by which records are told apart. */
export const ID_FIELD = 'id';
/** Fields that name a document for people, the first that there is. */
export const TITLE_FIELDS = ['title', 'name', 'file', 'text'];
const PIECE = 1 << 20;

/**
 * `.jsonl` or `.ndjson`, `.json`, `.csv`, `.jsonl.gz` and so on; `more`: readers of the runtime, by ending. UsageError: another
 * ending. InputError naming the line: not UTF-8, not a JSON object, no records, an id that is there twice.
 */
export async function parseMetadata(
  bytes: Uint8Array<ArrayBuffer>,
  label: string,
  options: MetadataOptions = {},
  more: Readonly<Record<string, RecordReader>> = {},
): Promise<Metadata> {
  const [, ending, gz] = /(\.[^./\\]*?)(\.gz)?$/i.exec(label) ?? [];
  const format = ending?.toLowerCase();
  const readers: Record<string, RecordReader> = { ...READERS, ...more };
  if (format === undefined || !Object.hasOwn(readers, format))
    throw new UsageError(
      `${label}: metadata is read as ${Object.keys(readers).join(', ')}, packed with gzip or not (.gz)`,
    );
  const records = await readers[format](gz ? gunzip(bytes, label) : bytes, label, options);
  return metadataOf(records, label);
}

/** Records with their fields and ids. InputError: none, or two of one id. */
export function metadataOf(records: readonly MetadataRecord[], label: string): Metadata {
  if (!records.length) throw new InputError(`${label}: holds no records`);
  const fields = new Set<string>();
  for (const record of records) for (const name of Object.keys(record)) fields.add(name);
  return { label, records, fields: [...fields], ids: idsOf(records, label) };
}

const isId = (id: unknown): id is string | number =>
  (typeof id === 'string' && id !== '') || (typeof id === 'number' && Number.isFinite(id));

function idsOf(records: readonly MetadataRecord[], label: string): string[] | undefined {
  if (!records.every((record) => isId(record[ID_FIELD]))) return undefined;
  const ids = records.map((record) => String(record[ID_FIELD]));
  const first = new Map<string, number>();
  ids.forEach((id, i) => {
    const before = first.get(id);
    if (before !== undefined)
      throw new InputError(
        `${label}: record ${i} has id '${shown(id)}', as record ${before} has; each id may stand there once`,
      );
    first.set(id, i);
  });
  return ids;
}

/**
 * The records of `count` vectors, in the vectors' order: by id where both sides have ids, by row otherwise.
 * InputError: a vector without a record (the first is named), or by row another number of records than vectors.
 */
export function joinMetadata(
  metadata: Metadata,
  vectors: { count: number; label: string; ids?: readonly string[] },
): Metadata {
  const { records, ids, label } = metadata;
  if (vectors.ids && ids) {
    const at = new Map(ids.map((id, i) => [id, i]));
    const missing = vectors.ids.filter((id) => !at.has(id));
    if (missing.length)
      throw new InputError(
        `${label}: has no record of ${missing.length} of the ${vectors.count} vectors of ${vectors.label} (the first: id '${shown(missing[0])}')`,
      );
    const rows = vectors.ids.map((id) => at.get(id)!);
    return { ...metadata, records: rows.map((i) => records[i]), ids: vectors.ids };
  }
  if (records.length !== vectors.count)
    throw new InputError(
      `${label}: ${records.length} records do not fit the ${vectors.count} vectors of ${vectors.label}, which are joined row by row; give the file that the vectors were made from`,
    );
  return metadata;
}

/** A field's value as texts: a list gives its items, numbers and truth values as written, null and absent nothing. */
export function textsOf(value: unknown): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === 'object' ? [JSON.stringify(value)] : [String(value)];
}

const kept = (record: Record<string, unknown>, fields: readonly string[] | undefined): MetadataRecord =>
  fields
    ? Object.fromEntries(
        Object.entries(record).filter(([name]) => name === ID_FIELD || fields.includes(name)),
      )
    : record;

function decoded(bytes: Uint8Array, label: string, decoder: TextDecoder, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (cause) {
    throw new InputError(`${label}: is not UTF-8 text`, { cause });
  }
}

const jsonLines: RecordReader = async (bytes, label, { fields }) => {
  const records: MetadataRecord[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  const take = (text: string) => {
    line++;
    if (text.trim() !== '') records.push(kept(parsedLine(text, `${label}: line ${line}`), fields));
  };
  let rest = '';
  for (let at = 0; at < bytes.byteLength; at += PIECE) {
    const lines = decoded(
      bytes.subarray(at, at + PIECE),
      label,
      decoder,
      at + PIECE < bytes.byteLength,
    ).split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    lines.forEach(take);
  }
  take(rest);
  return records;
};

function parsedLine(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${where}: is not valid JSON (${shown((cause as Error).message)})`, { cause });
  }
  return record(value, where);
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new InputError(`${where}: is not a JSON object but ${shown(value)}`);
  return value as Record<string, unknown>;
}

/** A list of records, or an object of them whose keys are their ids (as RAVEL has its entities). */
const json: RecordReader = async (bytes, label, { fields }) => {
  let all: unknown;
  try {
    all = JSON.parse(decoded(bytes, label, new TextDecoder('utf-8', { fatal: true }), false));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${label}: is not valid JSON (${shown((cause as Error).message)})`, { cause });
  }
  if (Array.isArray(all))
    return all.map((value, i) => kept(record(value, `${label}: record ${i + 1}`), fields));
  const entries = Object.entries(record(all, label));
  return entries.map(([id, value]) =>
    kept({ [ID_FIELD]: id, ...record(value, `${label}: '${shown(id)}'`) }, fields),
  );
};

const csv: RecordReader = async (bytes, label, { fields }) => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const { header, rows } = parseCsv(decoded(bytes, label, decoder, false), label);
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`${label}: two columns are named '${shown(twice)}'`);
  return rows.map((row) => kept(Object.fromEntries(header.map((name, i) => [name, row.fields[i]])), fields));
};

const READERS: Readonly<Record<string, RecordReader>> = {
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
  '.json': json,
  '.csv': csv,
};
