// What the explorer's pages about embeddings read (docs/formats.md, Explorer data of embeddings): an index, tables of
// features, lists of the documents that fire each, what is shown of documents, a map. The vectors themselves, the SAEs, their
// labels and families are read from the artefact's own files.

import type { Movement } from '../circuit/types.js';

export const ATLAS_FORMAT = 'curvesae-atlas';
/** Raised whenever the meaning of a file changes: data of another version are made anew. */
export const ATLAS_VERSION = 3;

/** Kind of a folder of embeddings whose rows are tokens of texts. */
export const TOKENS = 'tokens';

/** What the site says of itself, beside the pages. */
export const SITE_FILE = 'atlas.json';
export const ATLAS_INDEX = 'index.json';
export const MAP_FILE = 'map.safetensors';

/** Documents whose brief is in one file, and whose whole record is. */
export const BRIEF_PIECE = 1024;
export const RECORD_PIECE = 64;
/** Features of a file. */
export const FEATURE_PIECE = 64;
/** Words are spread over so many files of postings. */
export const WORD_FILES = 256;

/** What units are of: an SAE, by its number, or the tap itself. */
export type Dictionary = number | 'neurons';

const numbered = (n: number, piece: number): string => String(Math.floor(n / piece)).padStart(5, '0');

export const briefFile = (row: number): string => `briefs-${numbered(row, BRIEF_PIECE)}.json.gz`;
export const recordFile = (row: number): string => `records-${numbered(row, RECORD_PIECE)}.json.gz`;
export const featureFile = (of: Dictionary, feature: number): string =>
  `features-${of}-${numbered(feature, FEATURE_PIECE)}.safetensors`;
export const tableFile = (of: Dictionary): string => `table-${of}.safetensors`;
export const wordFile = (bucket: number): string => `words-${String(bucket).padStart(3, '0')}.json.gz`;
export const pictureOf = (row: number): string => `${String(row).padStart(6, '0')}.jpg`;

/** Which file has a word's documents: FNV-1a of its UTF-8. */
export function bucketOf(word: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % WORD_FILES;
}

/** A file of postings: by word, the rows of its documents as differences, the first from -1. */
export type Postings = Record<string, number[]>;

/** What a list shows of a document: its id, its title, and `fields` of the index in their order. */
export type Brief = [id: string, title: string, ...values: unknown[]];

export interface AtlasSae {
  name: string;
  /** Of its files: what notes are about. */
  hash: string;
  architecture: string;
  dIn: number;
  dSae: number;
  k: number | null;
  /** Over all documents: latents that fire on one, unexplained share of the variance (of 10,000 of them at most), features that never fire. */
  l0: number;
  fvu: number;
  dead: number;
}

/** How documents were laid out. */
export type MapKind =
  | { kind: 'pca' /** Shares of the variance of both axes. */; explained: [number, number] }
  | {
      kind: 'umap' /** Documents that were laid out; others lie amid the nearest of these. */;
      sample: number;
    };

export interface Network {
  model: string;
  /** Of its weights. */
  sha256: string;
  tap: string;
}

export interface AtlasIndex {
  format: typeof ATLAS_FORMAT;
  version: number;
  /** Of what the data were made from. */
  hash: string;
  documents: number;
  d: number;
  /** Vectors further than .01 from length 1, and the lengths of the shortest and longest. */
  norms: { notUnit: number; least: number; largest: number };
  /** What of a record a brief has besides id and title; numbers or texts, or lists of texts. */
  fields: string[];
  /** Field that titles are from; null: they are ids. */
  title: string | null;
  /** Fields whose words were collected; empty: none. */
  searched: string[];
  /** Words on most documents, by which nothing is found. */
  common: string[];
  /** What rows are of. */
  of: 'documents' | 'pictures' | 'tokens';
  /** Whose tap the vectors are of; null: dimensions are nobody's neurons. */
  network: Network | null;
  /** Its neurons: `rows`, of how many rows, evenly spaced, all values above 0 are listed. */
  neurons: { rows: number } | null;
  map: MapKind;
  /** Field that colours the map, and its values by number, the last for all others. */
  category: { field: string; names: string[] } | null;
  saes: AtlasSae[];
}

/** Paths of the site. */
export interface AtlasSite {
  version: string;
  label: string;
  /** Folder of the index. */
  data: string;
  /** The .npy file of the vectors. */
  vectors: string;
  /** Folder of pictures by row; null without. */
  pictures: string | null;
  saes: { folder: string; labels: string | null; controls: string | null; notes: string | null }[];
  /** Notes about a folder without SAEs. */
  notes: string | null;
  families: string | null;
  /** Address that embeds a text; null where no service was named. */
  text: string | null;
  /** Address that reads a text by the network, token for token; null where rows are no tokens, or the network is not there. */
  reads: string | null;
  /** Address that says what a unit does to the token that comes next: a TokenQuestion, answered by a TokenEffect. */
  effects: string | null;
}

/** Of a text, after its token of that number; `unit` as `f12` of that SAE, or `n5`. */
export interface TokenQuestion {
  text: string;
  token: number;
  unit: string;
  sae: number;
}

export interface TokenEffect {
  /** Length of what the unit adds to the text up to there, summed over tokens. */
  amount: number;
  /** Logits of what comes next, about their mean over the vocabulary. */
  moved: Movement;
}
