// Options of `pack`.
import type { CallOptions, SeedOption } from './call.js';
import { SEED_OPTION } from './groups.js';
import type { Checked, Options } from './options.js';
import type { ImagesSpec, OutSpec, SaeSpec, VectorsSpec } from './platform.js';

export const PACK_OPTIONS = {
  in: {
    kind: 'text',
    value: 'E',
    help: 'vectors [n, d], a document each: a folder of embed, or a matrix file of any kind',
    object: true,
  },
  meta: {
    kind: 'text',
    value: 'FILE',
    help: 'a record a document: .jsonl or .csv, with .gz or not, or .parquet; of a folder of embed its own unless given',
  },
  labels: {
    kind: 'list',
    value: 'FILE,...',
    help: 'labels.json of each SAE; its controls beside it come along',
    paths: true,
  },
  families: { kind: 'text', value: 'DIR', help: 'families.json of these SAEs, or its folder' },
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'the pictures that were embedded, where they have moved',
    object: true,
  },
  title: { kind: 'text', value: 'NAME', help: 'what the whole is called (default: the folder)' },
  out: { kind: 'text', value: 'DIR', help: 'the folder to write', object: true },
  check: {
    kind: 'text',
    value: 'DIR',
    help: 'instead of packing: whether every file of this folder is as it was written, and its parts fit one another',
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** For the library; on the command line SAEs are the arguments. */
export const SAES_OPTION = {
  sae: { kind: 'list', value: 'SAE,...', help: 'SAE folders', object: true },
} as const satisfies Options;

export interface PackCall extends SeedOption, CallOptions {
  /** SAEs of these vectors, any number; they are written as SAELens reads them. */
  sae?: SaeSpec | readonly SaeSpec[];
  /** Vectors, [n, d]; needed unless `check` is given. */
  in?: VectorsSpec;
  /** Records of the documents, by row or by id; of a folder of embed its own unless given. */
  meta?: string;
  /** Files of labels, one an SAE. */
  labels?: string | readonly string[];
  /** families.json, or its folder. */
  families?: string;
  /** The pictures that were embedded, where they have moved. */
  images?: ImagesSpec;
  /** What the whole is called; the folder's name unless given. */
  title?: string;
  /** Needed unless `check` is given. */
  out?: OutSpec;
  /** Nothing is packed: this folder is checked. */
  check?: OutSpec;
}

export type PackAsked = Checked<typeof PACK_OPTIONS & typeof SAES_OPTION, PackCall>;
