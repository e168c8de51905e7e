// `embed` of texts: a vector a document, by any OpenAI-compatible service.
import { InputError, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { withIds } from '../vectors/embedding-folder.js';
import { EmbeddingEndpoint } from '../vectors/endpoint.js';
import { type Metadata, textsOf } from '../vectors/metadata.js';
import type { Call } from './call.js';
import type { EmbedWork } from './embed-work.js';
import { type EndpointOption, endpointOptions } from './endpoint-options.js';
import type { Platform } from './platform.js';

interface TextsAsked extends EndpointOption {
  texts: string;
  text?: readonly string[];
  batch: number;
  concurrency: number;
  tap?: string;
  tokenizer?: string;
  perWindow?: number;
}

/** UsageError: no service, half of one, what is of a network, no field that reads like text. */
export async function ofTexts(platform: Platform, { warn, signal }: Call, o: TextsAsked): Promise<EmbedWork> {
  for (const name of ['tap', 'tokenizer', 'perWindow'] as const)
    if (o[name] !== undefined)
      throw new UsageError(
        `embed: ${name} is of a network; name it with --model, or leave ${name} out with --texts and a service`,
      );
  if (o.endpoint === undefined || o.name === undefined)
    throw new UsageError(
      'embed: --texts needs --endpoint URL and --name, the model as the service names it; or --model of a network that reads text',
    );
  const endpoint = new EmbeddingEndpoint(o.endpoint, o.name, {
    ...endpointOptions(platform, o, 'embeddings', warn),
    ...{ batch: o.batch, concurrency: o.concurrency },
  });
  const metadata = await platform.readMetadata(o.texts);
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
