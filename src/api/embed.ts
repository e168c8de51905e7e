// `embed`: vectors of pictures or of a text's tokens, by a tap of any network here, or of whole texts, by any OpenAI-compatible
// service.
import { InputError, UsageError } from '../core/errors.js';
import type { ImageFailure } from '../images/types.js';
import { type EmbeddingManifest, EmbeddingParts } from '../vectors/embedding-folder.js';
import type { MetadataRecord } from '../vectors/metadata.js';
import { normalise, notUnitRows } from '../vectors/unit-length.js';
import { CALL_OPTIONS, type Call, type CallOptions, noneUsable, open, type SeedOption } from './call.js';
import { ofPictures } from './embed-pictures.js';
import { ofTexts } from './embed-texts.js';
import { ofTokens } from './embed-tokens.js';
import type { EmbedWork } from './embed-work.js';
import { ENDPOINT_OPTIONS, type EndpointOption } from './endpoint-options.js';
import { type OutOption, SEED_OPTION } from './groups.js';
import { type Checked, checked, type Options } from './options.js';
import type { ImagesSpec, ModelSpec, Platform } from './platform.js';
import { textInput, WINDOW_OPTIONS, type WindowOption } from './texts.js';

export const EMBED_OPTIONS = {
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'of pictures, and of tokens: embedded, a pulled name or a weights file (default googlenet)',
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
    help: "of pictures: a picture's vector is the tap's mean over its positions (default avgpool0, where the network has it, else its last tap); of tokens: what is read at each",
  },
  tokenizer: WINDOW_OPTIONS.tokenizer,
  context: WINDOW_OPTIONS.context,
  'per-window': {
    kind: 'integer',
    value: 'N',
    help: 'of tokens: drawn from each window of text (default: all but its first)',
    min: 1,
  },
  texts: {
    kind: 'text',
    value: 'FILE',
    help: 'a record a document: .jsonl or .csv, with .gz or not, or .parquet; with --model of a network that reads text each token is a row',
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

export interface EmbedCall
  extends EndpointOption,
    Omit<WindowOption, 'texts'>,
    OutOption,
    SeedOption,
    CallOptions {
  /** Of pictures, `'googlenet'` unless given; a network that reads text, with `texts`: each token is a row. */
  model?: ModelSpec;
  images?: ImagesSpec;
  /** A picture's vector is its mean over positions; `'avgpool0'`, else the last tap, unless given. Of tokens it has no default. */
  tap?: string;
  /** Tokens that are drawn from each window of text; all but the first unless given. */
  perWindow?: number;
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

export async function embed(platform: Platform, options: EmbedCall): Promise<EmbedReport> {
  const o = checked('embed', EMBED_OPTIONS, options, CALL_OPTIONS);
  if ((o.texts === undefined) === (o.images === undefined))
    throw new UsageError(
      'embed: give --images; or --texts with --endpoint and --name, or with --model of a network that reads text',
    );
  const call = await open(platform, options);
  const work = await workOf(platform, call, o);
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

async function workOf(platform: Platform, call: Call, o: Asked): Promise<EmbedWork> {
  if (o.texts !== undefined && o.model === undefined)
    return ofTexts(platform, call, { ...o, texts: o.texts });
  for (const name of ['endpoint', 'name', 'text', 'keyVariable', 'price'] as const)
    if (o[name] !== undefined)
      throw new UsageError(
        `embed: ${name} is of texts that a service embeds; leave it out with --images or --model`,
      );
  const spec = o.model ?? 'googlenet';
  const model = await platform.openModel(spec, call.engine.math, { signal: call.signal });
  if (o.texts === undefined) return ofPictures(platform, call, model, { ...o, images: o.images! });
  textInput(model);
  return ofTokens(platform, call, model, { ...o, model: spec, texts: o.texts });
}

async function made(
  call: Call,
  work: EmbedWork,
  parts: EmbeddingParts,
  { recipe, label }: { recipe: Record<string, unknown>; label: string },
  o: Asked,
): Promise<EmbedReport> {
  const { stages, signal, warn } = call;
  const { records, each = PART } = work;
  const count = Math.ceil(records.length / each);
  const kept: MetadataRecord[] = [];
  const failures: ImageFailure[] = [];
  let [notUnit, done, reused] = [0, 0, 0];
  let tokens: number | null = 0;
  let d: number | undefined;
  stages.start('embed');
  for (let i = 0; i < count; i++) {
    signal?.throwIfAborted();
    const n = Math.min(each, records.length - i * each);
    let part = await parts.read(i);
    if (part) reused += n;
    else {
      const before = tokens;
      part = await work.part(i * each, n, (more, used) =>
        stages.update(done + more, records.length, work.unit, spent(before, used, o.price)),
      );
      if (o.normalize) normalise(part, i * each);
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
    for (let k = 0; k < n; k++) if (!left.has(k)) kept.push(records[i * each + k]);
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
  if (notUnit && o.endpoint !== undefined)
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
