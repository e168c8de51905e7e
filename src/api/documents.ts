// Documents as search takes them: vectors ready for queries, their ids, and what is known of them.
import { InputError, UsageError, unknownName } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { NearestIndex } from '../study/search/nearest.js';
import { unit, unitRows } from '../study/search/unit-rows.js';
import { allowedBy, type Condition, checkFields, parseCondition } from '../study/search/where.js';
import type { EmbeddingEndpoint } from '../vectors/endpoint.js';
import type { MatrixRows } from '../vectors/matrix.js';
import { joinMetadata, type Metadata, TITLE_FIELDS, textsOf } from '../vectors/metadata.js';
import type { Call } from './call.js';
import type { Options } from './options.js';
import type { Matrix, Platform, VectorsSpec } from './platform.js';

export const DOCUMENTS_OPTIONS = {
  in: {
    kind: 'text',
    value: 'E',
    help: 'vectors [n, d], a document each: a matrix file of any kind, or a folder of embed',
    required: true,
    object: true,
  },
  meta: {
    kind: 'text',
    value: 'FILE',
    help: 'what is known of each document, by row or id: .jsonl, .json, .csv (also .gz), .parquet',
  },
  where: {
    kind: 'list',
    value: 'FIELD=VALUE,...',
    help: 'only documents whose metadata fit all of these: = != >= <= > < ~ (holds the text); e.g. categories=cs.CV,date>=2010',
  },
  cosine: { kind: 'switch', help: 'divide by the lengths of vectors (default: products as they are)' },
} as const satisfies Options;

export interface DocumentsOptions {
  /** Vectors, [n, d]: a matrix file, a folder of embed(), a matrix. */
  in: VectorsSpec;
  /** Records of the documents, by row or by id. */
  meta?: string;
  /** Conditions that all have to hold: `'categories=cs.CV'`, `'date>=2010'`. */
  where?: string | readonly string[];
  /** Divide by the lengths of vectors; false unless given: products as they are. */
  cosine?: boolean;
}

const FILES = /\.(npy|npz|safetensors|pt|pth|parquet|arrow|feather)(#.*)?$/i;

export interface Documents {
  label: string;
  /** As they are searched: divided by their lengths where that was asked for. */
  matrix: MatrixRows;
  metadata: Metadata | undefined;
  /** Rows that take part; all where undefined. */
  allowed: Uint8Array | undefined;
  /** The id of a row: of the metadata, or its number. */
  idOf(row: number): string;
  /** What a row is called; undefined where that is not known. */
  titleOf(row: number): string | undefined;
  index(pool?: Pool): Promise<NearestIndex>;
  query(asked: QuerySpec, endpoint: EmbeddingEndpoint | undefined): Promise<Query>;
  dispose(): void;
}

/** A document's id, `row:N`, a file of one vector, a text where an endpoint is named; or a vector. */
export type QuerySpec = string | Float32Array | Matrix;

export interface Query {
  vector: Float32Array;
  /** The document that it is, -1 for none. */
  row: number;
  /** As asked; of a vector what it is. */
  text: string;
}

/** `fields`: of the metadata that are read besides those of `where` and titles. */
export async function openDocuments(
  platform: Platform,
  { engine, warn, signal, stages }: Call,
  o: { in: VectorsSpec; meta?: string; where?: readonly string[]; cosine?: boolean },
  fields: readonly string[] = [],
): Promise<Documents> {
  const conditions = (o.where ?? []).map(parseCondition);
  const given = await platform.openMatrix(o.in);
  if (conditions.length && o.meta === undefined && !given.records)
    throw new UsageError('search: --where looks at metadata; give it with --meta FILE');
  if (given.note) warn(given.note);
  const [count, d] = given.shape;
  const own = await given.records?.();
  const metadata =
    o.meta === undefined ? own : await read(platform, o.meta, conditions, fields, given, own?.ids);
  if (metadata) checkFields(conditions, metadata);
  const allowed = metadata && conditions.length ? allowedBy(conditions, metadata) : undefined;
  if (allowed && !allowed.includes(1))
    throw new InputError(
      `${metadata!.label}: none of the ${count} documents fits ${o.where!.join(' and ')}; ask for less`,
    );
  const core = engine.acquire();
  const matrix = o.cosine ? unitRows(core, given) : given;
  const titles = metadata && TITLE_FIELDS.find((field) => metadata.fields.includes(field));
  const ids = metadata?.ids;
  let rows: Map<string, number> | undefined;
  const rowOf = (id: string): number | undefined => {
    if (!ids) return /^\d+$/.test(id) && Number(id) < count ? Number(id) : undefined;
    rows ??= new Map(ids.map((name, i) => [name, i]));
    return rows.get(id);
  };
  const documents: Documents = {
    label: given.label,
    matrix,
    metadata,
    allowed,
    idOf: (row) => ids?.[row] ?? String(row),
    titleOf: (row) => (titles && textsOf(metadata.records[row][titles])[0]) || undefined,
    async index(pool) {
      stages.start('index');
      const index = await NearestIndex.of(engine, matrix, {
        pool,
        signal,
        onRows: (n) => stages.update(n, count, 'vectors'),
      });
      stages.finish(`${count} vectors of ${d}`);
      const { notUnit, least, largest } = index.norms;
      if (notUnit && !o.cosine)
        warn(
          `${given.label}: ${notUnit} of ${count} vectors are not of unit length (${least.toPrecision(3)} to ${largest.toPrecision(3)}), so that products favour long ones; --cosine divides by the lengths`,
        );
      return index;
    },
    async query(asked, endpoint) {
      const query = await find(asked, endpoint);
      if (query.vector.length !== d)
        throw new UsageError(
          `search: the query has ${query.vector.length} dimensions, the vectors of ${given.label} have ${d}`,
        );
      return o.cosine ? { ...query, vector: unit(core, query.vector, d) } : query;
    },
    dispose: () => core.dispose(),
  };
  return documents;

  async function find(asked: QuerySpec, endpoint: EmbeddingEndpoint | undefined): Promise<Query> {
    if (asked instanceof Float32Array) return { vector: asked, row: -1, text: 'a vector' };
    if (typeof asked !== 'string') return { vector: await only(asked), row: -1, text: 'a vector' };
    const row = rowOf(asked) ?? numbered(asked);
    if (row !== undefined) return { vector: (await matrix.rows(row, 1)).slice(), row, text: asked };
    if (FILES.test(asked)) return { vector: await only(asked), row: -1, text: asked };
    if (endpoint) {
      const { data } = await endpoint.embed([asked], { signal });
      return { vector: data, row: -1, text: asked };
    }
    const { message } = ids
      ? unknownName(`document of ${metadata!.label}`, asked, ids)
      : new UsageError(`unknown document '${asked}': ${given.label} has rows 0 to ${count - 1}`);
    throw new UsageError(`${message}; a text is searched with --endpoint URL --name MODEL`);
  }

  function numbered(asked: string): number | undefined {
    const match = /^row:(\d+)$/.exec(asked);
    if (!match) return undefined;
    if (Number(match[1]) >= count)
      throw new UsageError(`${asked}: ${given.label} has rows 0 to ${count - 1}`);
    return Number(match[1]);
  }

  async function only(spec: VectorsSpec): Promise<Float32Array> {
    const file = await platform.openMatrix(spec);
    if (file.shape[0] !== 1)
      throw new InputError(
        `${file.label}: holds ${file.shape[0]} vectors; a query is one of shape [1, ${d}]`,
      );
    return (await file.rows(0, 1)).slice();
  }
}

async function read(
  platform: Platform,
  path: string,
  conditions: readonly Condition[],
  fields: readonly string[],
  { shape, label }: MatrixRows,
  ids: readonly string[] | undefined,
): Promise<Metadata> {
  const wanted = [...TITLE_FIELDS, ...fields, ...conditions.map(({ field }) => field)];
  const metadata = await platform.readMetadata(path, { fields: wanted });
  // Only an unknown field needs the names of all.
  if (conditions.some(({ field }) => !metadata.fields.includes(field)))
    checkFields(conditions, await platform.readMetadata(path));
  return joinMetadata(metadata, { count: shape[0], label, ids });
}
