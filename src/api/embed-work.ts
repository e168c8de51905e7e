// What `embed` embeds: pictures by a tap of a network, or texts by a service; each as work that can be done part by part.
import { InputError, UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import type { ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { type Part, withIds } from '../vectors/embedding-folder.js';
import { EmbeddingEndpoint } from '../vectors/endpoint.js';
import { type Metadata, type MetadataRecord, textsOf } from '../vectors/metadata.js';
import type { PooledPayload, PooledResult } from '../vectors/tasks.js';
import type { Call } from './call.js';
import { reachableTap } from './checks.js';
import type { Asked } from './embed-options.js';
import { endpointOptions } from './endpoint-options.js';
import type { Platform } from './platform.js';

/** What is embedded, whatever it is. */
export interface Work {
  recipe: Record<string, unknown>;
  source: string;
  records: readonly MetadataRecord[];
  unit: string;
  /** Vectors of documents [first, first + n). */
  part(first: number, n: number, onDone: (done: number, tokens: number | null) => void): Promise<Part>;
  dispose?: () => void;
}

export async function ofTexts(platform: Platform, { warn, signal }: Call, o: Asked): Promise<Work> {
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

export async function ofPictures(platform: Platform, call: Call, o: Asked): Promise<Work> {
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
