// Text as the commands take it: texts of the call, or documents of a file, as tokens of the network's tokenizer.
import { UsageError } from '../core/errors.js';
import type { ImageRef } from '../images/types.js';
import { type TokensInput, tokensInput } from '../network/ops/tokens.js';
import type { Model } from '../network/types.js';
import type { Tokenizer } from '../tokens/tokenizer.js';
import { windowsOf } from '../tokens/windows.js';
import { textsOf } from '../vectors/metadata.js';
import type { Options } from './options.js';
import type { ModelSpec, Platform } from './platform.js';

const TOKENIZER = {
  tokenizer: {
    kind: 'text',
    value: 'PATH',
    help: 'of networks that read text: tokenizer.json, or a folder with it or with vocab.json and merges.txt (default: beside the weights)',
  },
} as const satisfies Options;

const FILE = {
  texts: {
    kind: 'text',
    value: 'FILE',
    help: 'for networks that read text: a document a record (.jsonl or .csv, field text; .gz, .parquet), or one document (.txt)',
  },
} as const satisfies Options;

/** A text, or a file of documents. */
export const TEXT_OPTIONS = {
  text: { kind: 'text', value: 'TEXT', help: 'for networks that read text, in place of pictures' },
  ...FILE,
  ...TOKENIZER,
} as const satisfies Options;

export interface TextOption {
  /** A text, for networks that read text. */
  text?: string;
  /** File of documents: `.jsonl`, `.csv` (field `text`), packed or not; `.txt` is one document. */
  texts?: string;
  /** tokenizer.json, or a folder with it or with vocab.json and merges.txt; beside the weights unless given. */
  tokenizer?: string;
}

/** Documents in windows. */
export const WINDOW_OPTIONS = {
  ...FILE,
  ...TOKENIZER,
  context: {
    kind: 'integer',
    value: 'N',
    help: 'tokens of a window of text',
    min: 2,
    max: 8192,
    default: 128,
  },
} as const satisfies Options;

export interface WindowOption extends Omit<TextOption, 'text'> {
  /** Tokens of a window of text; 128 unless given. */
  context?: number;
}

const LARGEST_TEXT = 1 << 30;
/** The field of a record that is its text. */
const FIELD = 'text';

/** A text and its tokens. */
export interface TokenizedText {
  /** Of the file: its record's id, or its number; of a text that was given: `text`. */
  name: string;
  text: string;
  tokens: number[];
}

/** The network's input. UsageError: it reads pictures. */
export function textInput(model: Model): TokensInput {
  const input = tokensInput(model.description);
  if (!input)
    throw new UsageError(
      `${model.name} reads pictures, not text; give --images, or a network that reads text (gpt2)`,
    );
  return input;
}

/** UsageError: the tokenizer is of another network. */
export async function tokenizerFor(
  platform: Platform,
  model: Model,
  { model: spec, tokenizer }: { model: ModelSpec; tokenizer?: string },
): Promise<Tokenizer> {
  const { vocabulary } = textInput(model);
  const found = await platform.openTokenizer(tokenizer, spec);
  if (found.size > vocabulary)
    throw new UsageError(
      `the tokenizer has ${found.size} tokens and ${model.name} ${vocabulary}: they do not belong together; give the network's own`,
    );
  return found;
}

/** Each text as it is. UsageError: none, or of more tokens than the network looks at. */
export async function tokenizedTexts(
  platform: Platform,
  model: Model,
  tokenizer: Tokenizer,
  o: TextOption,
): Promise<TokenizedText[]> {
  const { context } = textInput(model);
  if ((o.text === undefined) === (o.texts === undefined))
    throw new UsageError('give --text TEXT or --texts FILE, one of them');
  const given =
    o.text === undefined ? await documentsOf(platform, o.texts!) : [{ name: 'text', text: o.text }];
  return given.map(({ name, text }) => {
    const tokens = tokenizer.encode(text);
    if (!tokens.length) throw new UsageError(`${name}: is empty; give some text`);
    if (tokens.length > context)
      throw new UsageError(
        `${name}: ${tokens.length} tokens, and ${model.name} looks at ${context}; shorten it`,
      );
    return { name, text, tokens };
  });
}

/** Windows of --context tokens. */
export async function textWindows(
  platform: Platform,
  model: Model,
  o: { model: ModelSpec; texts?: string; tokenizer?: string; context: number },
): Promise<ImageRef[]> {
  const { context } = textInput(model);
  if (o.texts === undefined) throw new UsageError(`${model.name} reads text: give --texts FILE`);
  if (o.context > context)
    throw new UsageError(`--context ${o.context}: ${model.name} looks at ${context} tokens; choose fewer`);
  const tokenizer = await tokenizerFor(platform, model, o);
  const documents = (await documentsOf(platform, o.texts)).map(({ text }) => tokenizer.encode(text));
  return windowsOf(documents, o.context, tokenizer.end).map(({ name, tokens }) => ({
    kind: 'tokens',
    name,
    tokens,
  }));
}

async function documentsOf(platform: Platform, path: string): Promise<{ name: string; text: string }[]> {
  if (/\.txt$/i.test(path)) {
    const bytes = await platform.readFile(path, LARGEST_TEXT, 'give a file of text');
    return [{ name: 'text', text: new TextDecoder().decode(bytes) }];
  }
  const { records, ids } = await platform.readMetadata(path, { fields: [FIELD] });
  return records.map((record, i) => {
    const text = textsOf(record[FIELD]).join('\n');
    if (text === '') throw new UsageError(`${path}: record ${i + 1} has no field '${FIELD}'`);
    return { name: ids?.[i] ?? String(i), text };
  });
}
