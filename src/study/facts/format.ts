// What the explorer's pages read (docs/formats.md, Explorer data): plain data, the same in
// Node, which writes it, and in the page. A run's data are an index, one table of columns,
// and chunks of units and of photographs that are fetched when they are looked at.
import type { TapInfo } from '../../network/types.js';
import type { SaeConfig } from '../../sae/types.js';
import type { MapGrid } from '../../units/heat-maps.js';
import type { Kind } from '../../units/unit.js';
import type { Firing } from '../curves/statistics.js';
import type { Controls, CurveResult } from '../curves/types.js';

export const EXPLORER_FORMAT = 'curvesae-explorer';
/** Raised whenever the meaning of a file changes: data of another version are made anew. */
export const EXPLORER_VERSION = 4;

export const INDEX_FILE = 'index.json';
export const TABLE_FILE = 'table.safetensors';
export const MODEL_FILE = 'model.safetensors';
/** Parameters from the tap to the logits, and the names of the classes. */
export const BEHIND_FILE = 'behind.safetensors';
export const CLASSES_FILE = 'classes.json';
export const SAE_FILE = 'sae.safetensors';
export const NAMES_FILE = 'pictures.json';

/** Units per chunk, and photographs per chunk. */
export const UNIT_CHUNK = 64;
export const PICTURE_CHUNK = 128;
/** Samples of a tuning curve in the chunks (every degree), and of the sketch in the table (every 5). */
export const CURVE_SAMPLES = 360;
export const SKETCH_SAMPLES = 72;

/** Levels of activation, and examples of each. */
export const EXAMPLES = { levels: 5, each: 6 } as const;
/** Numbers of a level: from, to, share of the activation, share of the places. */
export const RANGE = 4;

/** A part of the data that may be missing, each with pages that can do without it. */
export type Part = 'curves' | 'sae' | 'activations' | 'model' | 'photographs';

export interface ExplorerIndex {
  format: typeof EXPLORER_FORMAT;
  version: number;
  /** Hash of what made the data: the name of their folder. */
  hash: string;
  run: {
    version: string;
    model: { name: string; architecture: string; sha256: string };
    tap: string;
    build: string;
    numerics: 'exact' | 'relaxed';
    seed: number;
    images: number;
    vectors: number;
    sae: {
      architecture: string;
      dIn: number;
      dSae: number;
      k: number | null;
      l0: number;
      fvu: number;
      gamma: number;
      deadFraction: number;
      firing?: Firing;
    };
    hashes: Record<string, string>;
    groundTruth?: { recovered: number; total: number; meanMaxCosine: number };
    /** Orientations of planted curves, degrees. */
    planted: readonly number[];
  };
  curves: CurveResult;
  /** What chance gives; null where it was not measured. */
  controls: Controls | null;
  /** What was found, in one sentence. */
  verdict: string;
  geometry: Omit<TapInfo, 'shape'> & { inputSize: number };
  /** Of the heat maps, and where near misses were looked for; absent without photographs. */
  maps?: MapGrid;
  near?: Record<Kind, boolean>;
  /** Places drawn uniformly: what chance shows. */
  random?: { picture: number; position: number }[];
  counts: Record<Kind, number>;
  /** Vectors behind densities and histograms; those behind co-activation, per kind. */
  vectors: { histogram: number; together: Record<Kind, number> };
  pictures: { listed: number; shown: number; failures: { name: string; reason: string }[] };
  sae?: SaeConfig;
  /** The network from the tap to its logits: of so many bytes, and whether its classes have names; or why it is not here. */
  behind: { bytes: number; named: boolean } | { reason: string };
  missing: { part: Part; reason: string }[];
}

export const chunkFile = (kind: Kind | 'pictures', unit: number): string =>
  `${kind}-${String(Math.floor(unit / (kind === 'pictures' ? PICTURE_CHUNK : UNIT_CHUNK))).padStart(4, '0')}.safetensors`;

/** Heat maps of the units of a chunk. */
export const mapsFile = (kind: Kind, unit: number): string =>
  `${kind}-maps-${String(Math.floor(unit / UNIT_CHUNK)).padStart(4, '0')}.safetensors`;

export const pictureFile = (picture: number): string => `${String(picture).padStart(6, '0')}.jpg`;

/** What others made of a run and left in its folder: paths of the site, where it is there. */
export interface Beside {
  /** Names of features (`label`). */
  labels?: string;
  /** Labels, notes and lists that people made in the explorer. */
  notes?: string;
  /** Folder of visualize.json and its pictures. */
  visualize?: string;
  /** Families of units (`taxonomy`). */
  taxonomy?: string;
  /** What units do to classes (`circuit`). */
  circuit?: string;
}

/** What a pair of runs has besides: the best match of each feature in the other run. */
export const MATCH_FILE = 'matches.safetensors';
export interface RunsFile {
  version: string;
  runs: { id: string; label: string; data: string; beside?: Beside }[];
  /** Folder of the match, or why there is none. */
  match?: { data: string } | { reason: string };
}
export const RUNS_FILE = 'runs.json';
