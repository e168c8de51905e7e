// What the pages about embeddings and their worker say to each other.
import type { AtlasIndex, AtlasSite } from '../../../study/atlas/format.js';
import type { SteerMethod } from '../../../study/search/steer.js';

export interface Hit {
  row: number;
  score: number;
}

/** A feature and how strongly it fires; `strength`: the unit of steering. */
export interface Active {
  feature: number;
  activation: number;
}

export interface Question {
  /** A document's row, or a vector. */
  of: number | Float32Array;
  top: number;
  /** Conditions as `search --where` takes them. */
  where: string[];
  cosine: boolean;
  /** Of the SAE of that number; undefined: its features are not asked for. */
  sae: number | undefined;
  /** `f12=+2`. */
  steer: string[];
  method: SteerMethod;
}

/** How many of the nearest fire the feature that is wanted more of. */
export interface CarriedCounts {
  feature: number;
  before: number;
  after: number;
  /** Of the query turned as far in a random direction. */
  random: number;
}

export interface Reply {
  results: Hit[];
  /** Of the query, strongest first. */
  features: Active[];
  steered: {
    features: { feature: number; value: string; from: number; to: number; reached: number }[];
    fidelity: number;
    results: Hit[];
    carried: CarriedCounts | null;
  } | null;
  /** Documents that fit the conditions. */
  allowed: number;
  /** Of the search alone, before and after. */
  ms: number;
  build: string;
}

export interface Calls {
  /** Addresses are absolute. */
  open: { take: { base: string; site: AtlasSite; index: AtlasIndex }; give: null };
  query: { take: Question; give: Reply };
  /** What fires on each of many vectors, [n][d], strongest first. */
  read: { take: { vectors: Float32Array; sae: number }; give: Active[][] };
  /** The row of a document's id; -1: there is none. */
  row: { take: { id: string }; give: number };
  /** Rows of the documents that have all words, and fit the conditions. */
  words: { take: { text: string; where: string[] }; give: Int32Array };
}

/** Vectors that have come. */
export interface Said {
  vectors: number;
  of: number;
}
