// Columns of vectors in Parquet and Arrow files, as data frames keep embeddings: lists of numbers, one a
// row. The files are read by hyparquet and @uwdata/flechette, optional packages that are loaded here only.
import { InputError, shown, UsageError } from '../core/errors.js';
import { Allowance } from '../formats/limits.js';
import type { ArrayReader, NamedArray } from './matrix-file.js';
import { ID_FIELD, type MetadataOptions, type MetadataRecord, type RecordReader } from './metadata.js';

type Parquet = typeof import('hyparquet');
type Arrow = typeof import('@uwdata/flechette');

async function optional<T>(path: string, format: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new UsageError(
      `${path}: reading ${format} needs the package ${name}, which is not installed here: npm install ${name}`,
      { cause },
    );
  }
}

/** What a library throws on a damaged file, as our own error. */
async function guarded<T>(path: string, format: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      `${path}: not a ${format} file that is read here (${shown((cause as Error).message)})`,
      {
        cause,
      },
    );
  }
}

/** A file's bytes as hyparquet reads them. */
function inMemory(bytes: Uint8Array<ArrayBuffer>) {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return {
    buffer,
    file: { byteLength: buffer.byteLength, slice: (from: number, to?: number) => buffer.slice(from, to) },
  };
}

/** Types of Parquet's leaves that are numbers. */
const NUMBERS: ReadonlySet<unknown> = new Set(['FLOAT', 'DOUBLE', 'INT32', 'INT64', 'FLOAT16']);
/** What a list takes while it is read, for each of its numbers. */
const LISTED_BYTES = 16;

/** Columns of lists of a Parquet file. InputError: damaged; UsageError: hyparquet is not installed. */
export async function parquetColumns(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  load: () => Promise<Parquet> = () => import('hyparquet'),
): Promise<NamedArray[]> {
  const { parquetMetadata, parquetSchema, parquetReadObjects } = await optional(
    path,
    'Parquet',
    'hyparquet',
    load,
  );
  const { buffer, file } = inMemory(bytes);
  return guarded(path, 'Parquet', () => {
    const metadata = parquetMetadata(buffer);
    const lists = parquetSchema(metadata).children.filter((column) => {
      let node = column;
      let repeated = 0;
      for (; ; node = node.children[0]) {
        if (node.element.repetition_type === 'REPEATED') repeated++;
        if (node.children.length !== 1) break;
      }
      const { type, logical_type: logical } = node.element;
      return (
        repeated === 1 && !node.children.length && NUMBERS.has(logical?.type === 'FLOAT16' ? 'FLOAT16' : type)
      );
    });
    return lists.map(({ element: { name } }) => ({
      name,
      shape: [Number(metadata.num_rows), -1],
      read: () =>
        guarded(path, 'Parquet', async () => {
          const allowance = new Allowance(bytes.byteLength, path);
          for (const { columns } of metadata.row_groups)
            for (const { meta_data: column } of columns)
              if (column?.path_in_schema[0] === name)
                allowance.take(
                  Number(column.total_uncompressed_size) + LISTED_BYTES * Number(column.num_values),
                  `column '${shown(name)}'`,
                );
          const rows = await parquetReadObjects({ file, metadata, columns: [name] });
          return matrixOf(rows.length, (i) => rows[i][name], `${path}: column '${shown(name)}'`, allowance);
        }),
    }));
  });
}

/** Rows of a Parquet file as records, lists and nested values as they are. InputError: damaged; UsageError: hyparquet is not installed. */
export async function parquetRecords(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  { fields }: MetadataOptions,
  load: () => Promise<Parquet> = () => import('hyparquet'),
): Promise<MetadataRecord[]> {
  const { parquetMetadata, parquetReadObjects } = await optional(path, 'Parquet', 'hyparquet', load);
  const { buffer, file } = inMemory(bytes);
  return guarded(path, 'Parquet', async () => {
    const metadata = parquetMetadata(buffer);
    const allowance = new Allowance(bytes.byteLength, path);
    const names = new Set<string>();
    for (const { columns } of metadata.row_groups)
      for (const { meta_data: column } of columns) {
        const name = column?.path_in_schema[0];
        if (!column || name === undefined || (fields && name !== ID_FIELD && !fields.includes(name)))
          continue;
        names.add(name);
        allowance.take(
          Number(column.total_uncompressed_size) + LISTED_BYTES * Number(column.num_values),
          `column '${shown(name)}'`,
        );
      }
    const rows = await parquetReadObjects({ file, metadata, columns: [...names] });
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
    );
  });
}

/** 64-bit integers as numbers: records hold what JSON can. */
const plain = (value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : value instanceof Date ? value.toISOString() : value;

/** Columns of lists of an Arrow file or stream (also Feather 2). InputError: damaged; UsageError: flechette is not installed. */
export async function arrowColumns(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  load: () => Promise<Arrow> = () => import('@uwdata/flechette'),
): Promise<NamedArray[]> {
  const { tableFromIPC, Type } = await optional(path, 'Arrow', '@uwdata/flechette', load);
  const lists: ReadonlySet<number> = new Set([Type.List, Type.LargeList, Type.FixedSizeList]);
  return guarded(path, 'Arrow', () => {
    const table = tableFromIPC(bytes);
    return table.schema.fields
      .filter(({ type }) => {
        const inner = 'children' in type ? type.children?.[0]?.type.typeId : undefined;
        return lists.has(type.typeId) && (inner === Type.Float || inner === Type.Int);
      })
      .map(({ name }) => ({
        name,
        shape: [table.numRows, -1],
        read: () =>
          guarded(path, 'Arrow', () => {
            const column = table.getChild(name);
            const allowance = new Allowance(bytes.byteLength, path);
            return matrixOf(
              table.numRows,
              (i) => column.at(i),
              `${path}: column '${shown(name)}'`,
              allowance,
            );
          }),
      }));
  });
}

/** Rows of one width, all numbers; `at(i)` is row i. */
function matrixOf(
  n: number,
  at: (row: number) => unknown,
  label: string,
  allowance: Allowance,
): { shape: number[]; data: Float32Array } {
  const isRow = (row: unknown): row is ArrayLike<unknown> => Array.isArray(row) || ArrayBuffer.isView(row);
  const first = n ? at(0) : [];
  const d = isRow(first) ? first.length : 0;
  allowance.take(4 * n * d, label);
  const data = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const row = at(i);
    if (!isRow(row)) throw new InputError(`${label}: row ${i} is not a list (${shown(row)})`);
    if (row.length !== d)
      throw new InputError(`${label}: row ${i} has ${row.length} numbers, row 0 has ${d}`);
    for (let j = 0; j < d; j++) {
      const v = row[j];
      if (typeof v !== 'number' && typeof v !== 'bigint')
        throw new InputError(`${label}: row ${i} holds ${shown(v)} at ${j}, which is no number`);
      data[i * d + j] = Number(v);
    }
  }
  return { shape: [n, d], data };
}

/** Records of the files of columns. */
export const RECORD_READERS: Readonly<Record<string, RecordReader>> = {
  '.parquet': (bytes, path, options) => parquetRecords(bytes, path, options),
};

/** Endings of the files of columns. */
export const COLUMN_READERS: Readonly<Record<string, ArrayReader>> = {
  '.parquet': (bytes, path) => parquetColumns(bytes, path),
  '.arrow': (bytes, path) => arrowColumns(bytes, path),
  '.feather': (bytes, path) => arrowColumns(bytes, path),
};
