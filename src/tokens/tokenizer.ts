// Text to tokens and back, as the network was trained: byte-pair encoding by the package @huggingface/tokenizers, an
// optional peer that is loaded here only.
import { InputError, UsageError } from '../core/errors.js';

export interface Tokenizer {
  /** Numbers of tokens; of any text, since every byte is one. */
  encode(text: string): number[];
  decode(tokens: readonly number[]): string;
  /** How one token reads; what is no whole character shows as U+FFFD. */
  show(token: number): string;
  /** Tokens are 0 to size - 1. */
  readonly size: number;
  /** Number of the token between documents, `<|endoftext|>`; undefined where there is none. */
  readonly end: number | undefined;
}

/** What tokenizers are read from: Hugging Face's tokenizer.json, or GPT-2's own two files. */
export type TokenizerFiles =
  | { json: Uint8Array; label: string }
  | { vocab: Uint8Array; merges: Uint8Array; label: string };

/** Not a literal where it is imported: bundlers of pages without it would stop. A page names it in its import map. */
const PACKAGE: string = '@huggingface/tokenizers';
type Package = Pick<typeof import('@huggingface/tokenizers'), 'Tokenizer'>;

const END = '<|endoftext|>';

/** UsageError: the package is not installed. InputError: files that are not a tokenizer's. */
export async function openTokenizer(
  files: TokenizerFiles,
  load: () => Promise<Package> = () => import(/* webpackIgnore: true */ /* @vite-ignore */ PACKAGE),
): Promise<Tokenizer> {
  const json = 'json' in files ? parsed(files.json, files.label) : byteLevel(files);
  const { Tokenizer: Bpe } = await load().catch((cause) => {
    throw new UsageError(
      'text needs the package @huggingface/tokenizers, which is not installed here: npm install @huggingface/tokenizers',
      { cause },
    );
  });
  let bpe: InstanceType<typeof Bpe>;
  let size: number;
  try {
    bpe = new Bpe(json, {});
    size = 1 + Math.max(...bpe.get_vocab(true).values());
  } catch (cause) {
    throw new InputError(`${files.label}: is no tokenizer (${(cause as Error).message}); get it again`, {
      cause,
    });
  }
  const options = { skip_special_tokens: false, clean_up_tokenization_spaces: false };
  return {
    encode: (text) => (text === '' ? [] : bpe.encode(text, { add_special_tokens: false }).ids),
    decode: (tokens) => (tokens.length ? bpe.decode([...tokens], options) : ''),
    show: (token) => bpe.decode([token], options),
    size,
    end: bpe.token_to_id(END),
  };
}

function parsed(bytes: Uint8Array, label: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InputError(`${label}: is no JSON (${(cause as Error).message}); get it again`, { cause });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new InputError(`${label}: is no object of JSON; get it again`);
  return json as Record<string, unknown>;
}

/** tokenizer.json as GPT-2's vocab.json and merges.txt make it. */
function byteLevel({ vocab: words, merges: pairs, label }: Extract<TokenizerFiles, { vocab: Uint8Array }>) {
  const vocab = parsed(words, `${label}: vocab.json`);
  const lines = new TextDecoder().decode(pairs).split(/\r?\n/);
  const merges = lines.filter((line) => line !== '' && !line.startsWith('#version'));
  const wrong = merges.findIndex((line) => line.split(' ').length !== 2);
  if (wrong >= 0)
    throw new InputError(
      `${label}: merges.txt: '${merges[wrong].slice(0, 40)}' is no pair of tokens; get it again`,
    );
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  const end = vocab[END];
  return {
    version: '1.0',
    added_tokens:
      end === undefined
        ? []
        : [
            {
              id: end,
              content: END,
              single_word: false,
              lstrip: false,
              rstrip: false,
              normalized: false,
              special: true,
            },
          ],
    normalizer: null,
    pre_tokenizer: bytes,
    post_processor: null,
    decoder: bytes,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      vocab,
      merges,
    },
  };
}
