// What `embed` takes.
import type { CallOptions, SeedOption } from './call.js';
import { ENDPOINT_OPTIONS, type EndpointOption } from './endpoint-options.js';
import { type OutOption, SEED_OPTION } from './groups.js';
import type { Checked, Options } from './options.js';
import type { ImagesSpec, ModelSpec } from './platform.js';
import { SHARD_OPTION, type ShardOption } from './shard-option.js';
import { WINDOW_OPTIONS, type WindowOption } from './texts.js';

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
  ...SHARD_OPTION,
  ...SEED_OPTION,
} as const satisfies Options;

export interface EmbedCall
  extends EndpointOption,
    Omit<WindowOption, 'texts'>,
    OutOption,
    ShardOption,
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

export type Asked = Checked<typeof EMBED_OPTIONS, EmbedCall>;
