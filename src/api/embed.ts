// `embed`: vectors of pictures or of a text's tokens, by a tap of any network here, or of whole texts, by any OpenAI-compatible
// service.
import { UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import { embeddingShare } from '../pipeline/shards/embed.js';
import { type Share, shareText, spanOf } from '../pipeline/shards/share.js';
import { type EmbeddingManifest, EmbeddingParts } from '../vectors/embedding-folder.js';
import { CALL_OPTIONS, type Call, noneUsable, open } from './call.js';
import { type Asked, EMBED_OPTIONS, type EmbedCall } from './embed-options.js';
import { costOf, type MadeParts, makeParts } from './embed-parts.js';
import { ofPictures } from './embed-pictures.js';
import { ofTexts } from './embed-texts.js';
import { ofTokens } from './embed-tokens.js';
import type { EmbedWork } from './embed-work.js';
import { checked } from './options.js';
import type { Platform } from './platform.js';
import { shareOf } from './shard-option.js';
import { textInput } from './texts.js';

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
  /** Of a shard of the work: which, as `'1/4'`; what is counted above is what it has. */
  shard?: string;
}

export async function embed(platform: Platform, options: EmbedCall): Promise<EmbedReport> {
  const o = checked('embed', EMBED_OPTIONS, options, CALL_OPTIONS);
  if ((o.texts === undefined) === (o.images === undefined))
    throw new UsageError(
      'embed: give --images; or --texts with --endpoint and --name, or with --model of a network that reads text',
    );
  const share = shareOf(o.shard);
  const call = await open(platform, options);
  const work = await workOf(platform, call, o);
  try {
    await platform.ensureFolder(o.out);
    const storage = platform.storage(o.out);
    const recipe = { ...work.recipe, dtype: o.dtype, normalize: o.normalize };
    return share
      ? await ofShare(call, work, storage, recipe, share, o)
      : await whole(call, work, storage, recipe, o);
  } finally {
    work.dispose?.();
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

async function whole(
  call: Call,
  work: EmbedWork,
  storage: Storage,
  recipe: Record<string, unknown>,
  o: Asked,
): Promise<EmbedReport> {
  const unlock = await storage.lock();
  try {
    const { parts, finished } = await EmbeddingParts.open(storage, recipe);
    if (finished) {
      call.log(`${storage.label}: ${finished.shape[0]} vectors are there already`);
      for (const failure of finished.failures) call.skipped(failure);
      return embedReport(storage.label, finished, o, true);
    }
    call.stages.start('embed');
    const span = { first: 0, end: work.records.length };
    const made = await makeParts(call, work, parts, span, o, `remove ${storage.label} and repeat`);
    if (!made.kept.length) throw noneUsable(work.records.length, made.failures);
    const manifest = await parts.finish(made.count, made.kept, {
      ...{ recipe, dtype: o.dtype, failures: made.failures, tokens: made.tokens || null },
      source: work.source,
    });
    tell(call, made, o);
    return embedReport(storage.label, manifest, o, false);
  } finally {
    await unlock();
  }
}

async function ofShare(
  call: Call,
  work: EmbedWork,
  out: Storage,
  recipe: Record<string, unknown>,
  share: Share,
  o: Asked,
): Promise<EmbedReport> {
  const { records, unit, source } = work;
  const span = spanOf(share, records.length);
  call.stages.start('embed');
  const { folder, made } = await embeddingShare(
    out,
    { recipe, unit, all: records.length, source, dtype: o.dtype },
    share,
    span.end - span.first,
    (parts, onPart) =>
      makeParts(call, work, parts, span, o, 'remove the folder of this shard and repeat', onPart),
    call.warn,
  );
  tell(call, made, o);
  const { kept, d = 0, tokens, failures } = made;
  const about = { shape: [kept.length, d] as [number, number], dtype: o.dtype, tokens, failures };
  const reused = made.reused === span.end - span.first;
  return { ...embedReport(folder.label, about, o, reused), shard: shareText(share) };
}

function tell(call: Call, { kept, d, reused, notUnit, failures }: MadeParts, o: Asked): void {
  call.stages.finish(`${kept.length} vectors of ${d ?? 0}${reused ? `, ${reused} reused` : ''}`);
  if (notUnit && o.endpoint !== undefined)
    call.warn(
      `${notUnit} of ${kept.length} vectors are not of length 1, and are kept as they are; --normalize makes them so`,
    );
  for (const failure of failures) call.skipped(failure);
}

/** What a finished folder reports of itself. */
export function embedReport(
  out: string,
  {
    shape: [vectors, d],
    dtype,
    tokens,
    failures,
  }: Pick<EmbeddingManifest, 'shape' | 'dtype' | 'tokens' | 'failures'>,
  { price }: { price?: number },
  reused: boolean,
): EmbedReport {
  const cost = tokens === null || price === undefined ? null : costOf(tokens, price);
  return { out, vectors, d, dtype, tokens, cost, reused, failures };
}
