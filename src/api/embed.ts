// `embed`: vectors of pictures, by a tap of any network here, or of texts, by any OpenAI-compatible service.
import { InputError, UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { type EmbeddingManifest, EmbeddingParts, type Part, withIds } from '../vectors/embedding-folder.js';
import { EmbeddingEndpoint } from '../vectors/endpoint.js';
import { type Metadata, type MetadataRecord, textsOf } from '../vectors/metadata.js';
import type { PooledPayload, PooledResult } from '../vectors/tasks.js';
import { CALL_OPTIONS, type Call, type CallOptions, noneUsable, open, type SeedOption } from './call.js';
import { reachableTap } from './checks.js';
import { ENDPOINT_OPTIONS, type EndpointOption, endpointOptions } from './endpoint-options.js';
import { type OutOption, SEED_OPTION } from './groups.js';
import { type Checked, checked, type Options } from './options.js';
import type { ImagesSpec, ModelSpec, Platform } from './platform.js';

export const EMBED_OPTIONS = {
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'of pictures: embedded, a pulled name or a weights file (default googlenet)',
    object: true,
  },
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'photographs, or procedural[:N] for N generated images',
    object: true,
  },
  tap: {
    kind: 'text',
    value: 'TAP',
    help: "of pictures: a picture's vector is the tap's mean over its positions (default avgpool0, where the network has it, else its last tap)",
  },
  texts: {
    kind: 'text',
    value: 'FILE',
    help: 'a record a document: .jsonl or .csv, with .gz or not, or .parquet',
  },
  text: {
    kind: 'list',
    value: 'FIELD,...',
    help: "fields that are embedded, joined by lines (default 'text', else all that read like text)",
  },
  ...ENDPOINT_OPTIONS,
  batch: { kind: 'integer', value: 'N', help: 'texts of one request', min: 1, max: 2048, default: 64 },
  concurrency: { kind: 'integer', value: 'N', help: 'requests at once', min: 1, max: 64, default: 4 },
  price: { kind: 'number', value: 'P', help: 'of a million tokens, to show what it costs', min: 0 },
  dtype: { kind: 'choice', of: ['f32', 'f16'], help: 'of the vectors on disk', default: 'f32' },
  normalize: { kind: 'switch', help: 'scale each vector to length 1' },
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'embeddings.npy, documents.jsonl, manifest.json',
    required: true,
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

export interface EmbedCall extends EndpointOption, OutOption, SeedOption, CallOptions {
  /** Of pictures; `'googlenet'` unless given. */
  model?: ModelSpec;
  images?: ImagesSpec;
  /** A picture's vector is its mean over positions; `'avgpool0'`, else the last tap, unless given. */
  tap?: string;
  /** File of records. */
  texts?: string;
  /** Fields that are embedded; `'text'`, else all that read like text, unless given. */
  text?: string | readonly string[];
  /** Texts of one request, 64 unless given. */
  batch?: number;
  /** Requests at once, 4 unless given. */
  concurrency?: number;
  /** Of a million tokens. */
  price?: number;
  /** Of the vectors on disk; `'f32'` unless given. */
  dtype?: 'f32' | 'f16';
  /** Each vector is scaled to length 1; false unless given. */
  normalize?: boolean;
}

export interface EmbedReport {
  out: string;
  vectors: number;
  d: number;
  dtype: 'f32' | 'f16';
  /** Tokens of the service, over all runs; null where it does not say. */
  tokens: number | null;
  /** Tokens times --price; null without either. */
  cost: number | null;
  reused: boolean;
  failures: ImageFailure[];
}

type Asked = Checked<typeof EMBED_OPTIONS, EmbedCall>;

/** Documents of a part: what a kill loses at most. */
const PART = 1024;
const UNIT_TOLERANCE = 1e-3;

/** What is embedded, whatever it is. */
interface Work {
  recipe: Record<string, unknown>;
  source: string;
  records: readonly MetadataRecord[];
  unit: string;
  /** Vectors of documents [first, first + n). */
  part(first: number, n: number, onDone: (done: number, tokens: number | null) => void): Promise<Part>;
  dispose?: () => void;
}

export async function embed(platform: Platform, options: EmbedCall): Promise<EmbedReport> {
  const o = checked('embed', EMBED_OPTIONS, options, CALL_OPTIONS);
  if ((o.texts === undefined) === (o.images === undefined))
    throw new UsageError('embed: give either --images, or --texts with --endpoint and --name');
  const call = await open(platform, options);
  const work = o.texts === undefined ? await ofPictures(platform, call, o) : await ofTexts(platform, call, o);
  await platform.ensureFolder(o.out);
  const storage = platform.storage(o.out);
  const unlock = await storage.lock();
  try {
    const recipe = { ...work.recipe, dtype: o.dtype, normalize: o.normalize };
    const { parts, finished } = await EmbeddingParts.open(storage, recipe);
    if (finished) {
      call.log(`${storage.label}: ${finished.shape[0]} vectors are there already`);
      for (const failure of finished.failures) call.skipped(failure);
      return reportOf(storage.label, finished, o, true);
    }
    return await made(call, work, parts, { recipe, label: storage.label }, o);
  } finally {
    work.dispose?.();
    await unlock();
  }
}

async function made(
  call: Call,
  work: Work,
  parts: EmbeddingParts,
  { recipe, label }: { recipe: Record<string, unknown>; label: string },
  o: Asked,
): Promise<EmbedReport> {
  const { stages, signal, warn } = call;
  const { records } = work;
  const count = Math.ceil(records.length / PART);
  const kept: MetadataRecord[] = [];
  const failures: ImageFailure[] = [];
  let [notUnit, done, reused] = [0, 0, 0];
  let tokens: number | null = 0;
  let d: number | undefined;
  stages.start('embed');
  for (let i = 0; i < count; i++) {
    signal?.throwIfAborted();
    const n = Math.min(PART, records.length - i * PART);
    let part = await parts.read(i);
    if (part) reused += n;
    else {
      const before = tokens;
      part = await work.part(i * PART, n, (more, used) =>
        stages.update(done + more, records.length, work.unit, spent(before, used, o.price)),
      );
      if (o.normalize) normalise(part, i * PART);
      await parts.write(i, part);
    }
    if (part.rows) {
      d ??= part.d;
      if (part.d !== d)
        throw new InputError(
          `part ${i}: vectors of ${part.d} dimensions where the parts before have ${d}; remove ${label} and repeat`,
        );
    }
    notUnit += notUnitRows(part);
    tokens = tokens === null || part.tokens === null ? null : tokens + part.tokens;
    const left = new Set(part.left.map(({ at }) => at));
    failures.push(...part.left.map(({ failure }) => failure));
    for (let k = 0; k < n; k++) if (!left.has(k)) kept.push(records[i * PART + k]);
    done += n;
    stages.update(done, records.length, work.unit, spent(null, tokens, o.price));
  }
  if (!kept.length) throw noneUsable(records.length, failures);
  const manifest = await parts.finish(count, kept, {
    recipe,
    dtype: o.dtype,
    failures,
    tokens: tokens || null,
    source: work.source,
  });
  stages.finish(`${kept.length} vectors of ${d}${reused ? `, ${reused} reused` : ''}`);
  if (notUnit && o.texts !== undefined)
    warn(
      `${notUnit} of ${kept.length} vectors are not of length 1, and are kept as they are; --normalize makes them so`,
    );
  for (const failure of failures) call.skipped(failure);
  return reportOf(label, manifest, o, false);
}

function reportOf(
  out: string,
  { shape: [vectors, d], dtype, tokens, failures }: EmbeddingManifest,
  { price }: Asked,
  reused: boolean,
): EmbedReport {
  const cost = tokens === null || price === undefined ? null : costOf(tokens, price);
  return { out, vectors, d, dtype, tokens, cost, reused, failures };
}

const costOf = (tokens: number, price: number): number => (tokens * price) / 1e6;

function spent(before: number | null, tokens: number | null, price: number | undefined): string {
  if (tokens === null) return '';
  const all = tokens + (before ?? 0);
  if (!all) return '';
  return `${all} tokens${price === undefined ? '' : `, ${costOf(all, price).toFixed(4)}`}`;
}

function lengths({ rows, d, data }: Part): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => {
    let square = 0;
    for (let k = r * d; k < (r + 1) * d; k++) square += data[k] * data[k];
    return Math.sqrt(square);
  });
}

const notUnitRows = (part: Part): number =>
  lengths(part).reduce((n, l) => n + Number(Math.abs(l - 1) > UNIT_TOLERANCE), 0);

function normalise(part: Part, first: number): void {
  const { d, data } = part;
  lengths(part).forEach((length, r) => {
    if (!(length > 0))
      throw new InputError(
        `document ${first + r}: its vector is zero and has no direction; leave out --normalize`,
      );
    for (let k = r * d; k < (r + 1) * d; k++) data[k] /= length;
  });
}

async function ofTexts(platform: Platform, { warn, signal }: Call, o: Asked): Promise<Work> {
  for (const name of ['model', 'tap'] as const)
    if (o[name] !== undefined)
      throw new UsageError(`embed: --${name} is of pictures; leave it out with --texts`);
  if (o.endpoint === undefined || o.name === undefined)
    throw new UsageError('embed: --texts needs --endpoint URL and --name, the model as the service names it');
  const endpoint = new EmbeddingEndpoint(o.endpoint, o.name, {
    ...endpointOptions(platform, o, 'embeddings', warn),
    ...{ batch: o.batch, concurrency: o.concurrency },
  });
  const metadata = await platform.readMetadata(o.texts!);
  const fields = textFields(metadata, o.text);
  const texts = metadata.records.map((record, i) => {
    const text = fields.flatMap((name) => textsOf(record[name])).join('\n');
    if (text.trim() === '')
      throw new InputError(`${metadata.label}: record ${i} has no text in ${fields.join(', ')}; remove it`);
    return text;
  });
  warnOfDuplicates(texts, metadata, warn);
  return {
    recipe: {
      kind: 'texts',
      model: o.name,
      fields,
      texts: await sha256(canonicalJson(texts)),
      documents: await sha256(canonicalJson(metadata.records)),
    },
    source: endpoint.label,
    records: withIds(metadata.records, metadata.ids),
    unit: 'texts',
    async part(first, n, onDone) {
      const { d, data, tokens } = await endpoint.embed(texts.slice(first, first + n), {
        signal,
        onProgress: onDone,
      });
      return { rows: n, d, data, tokens, left: [] };
    },
  };
}

function textFields({ fields, records, label }: Metadata, asked: readonly string[] | undefined): string[] {
  for (const name of asked ?? [])
    if (!fields.includes(name))
      throw new UsageError(`${label}: no record has a field '${name}'; fields: ${fields.join(', ')}`);
  if (asked) return [...asked];
  if (fields.includes('text')) return ['text'];
  const found = fields.filter((name) => {
    const words = records
      .slice(0, 200)
      .map((r) => (typeof r[name] === 'string' ? r[name].split(/\s+/).length : 0));
    return words.reduce((s, w) => s + w, 0) >= 3 * words.length;
  });
  if (!found.length)
    throw new UsageError(
      `${label}: no field reads like text (fields: ${fields.join(', ')}); name it with --text`,
    );
  return found;
}

function warnOfDuplicates(
  texts: readonly string[],
  { ids, label }: Metadata,
  warn: (m: string) => void,
): void {
  const first = new Map<string, number>();
  let [count, example] = [0, ''];
  const name = (i: number) => (ids ? `id '${ids[i]}'` : `record ${i}`);
  texts.forEach((text, i) => {
    const before = first.get(text);
    if (before === undefined) first.set(text, i);
    else if (count++ === 0) example = `${name(i)} as ${name(before)}`;
  });
  if (count)
    warn(
      `${label}: ${count} of ${texts.length} documents have the text of another (the first: ${example}); all are kept`,
    );
}

async function ofPictures(platform: Platform, call: Call, o: Asked): Promise<Work> {
  for (const name of ['endpoint', 'name', 'text', 'keyVariable', 'price'] as const)
    if (o[name] !== undefined) throw new UsageError(`embed: ${name} is of texts; leave it out with --images`);
  const { engine, signal, warn } = call;
  const model = await platform.openModel(o.model ?? 'googlenet', engine.math, { signal });
  const { size } = imageInput(model.description);
  const has = model.description.layers.some(({ out }) => out === 'avgpool0');
  const reaches =
    has &&
    model.description.layers.findIndex((l) => l.out === 'avgpool0') <=
      model.description.layers.findIndex((l) => l.out === model.lastTap);
  const tap = o.tap ?? (reaches ? 'avgpool0' : model.lastTap);
  const { channels } = reachableTap(model, tap);
  const listed = await platform.listImages(o.images!, o.seed, { signal, warn });
  const { hash, images } = await platform.nameImages(listed);
  const pool = await platform.pool(engine, model, warn);
  const { name, description, sha256: weights } = model;
  return {
    recipe: {
      ...{ kind: 'pictures', model: { name, architecture: description.architecture, sha256: weights } },
      ...{ tap, pooling: 'mean', inputSize: size, images: hash, numerics: numericsOf(engine.info().build) },
    },
    source: name,
    records: withIds(pictureRecords(images), undefinedIfTwice(images)),
    unit: 'images',
    async part(first, n, onDone) {
      const rows: Float32Array[] = [];
      const left: Part['left'] = [];
      await pool.mapOrdered<ImageRef, PooledResult>(
        images.slice(first, first + n),
        (ref) => ({ name: 'pooled', payload: { ref, tap, size } satisfies PooledPayload }),
        (result, i) => {
          if ('failure' in result) left.push({ at: i, failure: result.failure });
          else rows.push(result.vector);
          onDone(i + 1, null);
        },
        { ahead: 2, signal },
      );
      const data = new Float32Array(rows.length * channels);
      rows.forEach((row, i) => {
        data.set(row, i * channels);
      });
      return { rows: rows.length, d: channels, data, tokens: null, left };
    },
    dispose: () => pool.dispose(),
  };
}

const pictureRecords = (images: readonly ImageRef[]): MetadataRecord[] =>
  images.map((ref) => ({ id: ref.name, ...(ref.kind === 'file' && { file: ref.path }) }));

/** Pictures of one name in several folders are told apart by their number. */
const undefinedIfTwice = (images: readonly ImageRef[]): string[] | undefined => {
  const names = images.map(({ name }) => name);
  return new Set(names).size === names.length ? names : undefined;
};
