// What the commands need of the runtime they are called in: files, pictures, workers. Node and
// pages each have one implementation; nothing else in this room knows which.
import type { Engine } from '../core/engine.js';
import type { CoreMath } from '../core/math.js';
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import type { NamedImages } from '../images/identity.js';
import type { ImageRef, RgbImage } from '../images/types.js';
import type { Model } from '../network/types.js';
import type { DecompositionPictures } from '../report/decompose.js';
import type { Sheets } from '../report/examples.js';
import type { ReportExtras } from '../report/report.js';
import type { VisualizePage } from '../report/visualize.js';
import type { CircuitResult } from '../study/circuit/types.js';
import type { DecomposeResult } from '../study/decompose/types.js';
import type { DisentangleResult } from '../study/disentangle/result.js';
import type { Label } from '../study/downstream/labels.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import type { SheetContent } from '../study/examples/sheet.js';
import type { ExamplesResult } from '../study/examples/types.js';
import type { FamiliesResult } from '../study/families/result.js';
import type { PhysiologyResult, Thumbnails } from '../study/physiology/types.js';
import type { JobResult } from '../study/result.js';
import type { SteeringReport } from '../study/search/evaluate.js';
import type { SweepResult } from '../study/sweep/types.js';
import type { Neighbours } from '../study/taxonomy/taxonomy.js';
import type { TaxonomyResult } from '../study/taxonomy/types.js';
import type { Tokenizer } from '../tokens/tokenizer.js';
import type { MatrixRows } from '../vectors/matrix.js';
import type { Metadata, MetadataOptions } from '../vectors/metadata.js';
import type { Vectors } from '../vectors/store.js';

/**
 * A network: `'embedded'` or `'trained'`; in Node a pulled name (`'inceptionv1'`, `'googlenet'`) or the path of a
 * weights file; a URL; the bytes of a weights file; or a model that is open already.
 */
export type ModelSpec = string | URL | Uint8Array | Blob | Model;

/** One picture: in Node a path; a URL; the bytes of a JPEG or PNG file (in Node also WebP, GIF, TIFF, AVIF). */
export type PictureSpec = string | URL | Uint8Array | Blob;

/**
 * Pictures: `'procedural'` or `'procedural:N'` for N generated ones; in Node a folder, a glob, a file
 * or a `.txt` list of files; a URL; a File or Blob; a reference as listImages() gives them; or a list of these.
 */
export type ImagesSpec = string | URL | Blob | ImageRef | readonly (string | URL | Blob | ImageRef)[];

/** Rows of one vector each, row-major: `data` has `shape[0] * shape[1]` values. */
export interface Matrix {
  shape: [rows: number, width: number];
  data: Float32Array;
}

/**
 * Vectors: an activation store (in Node its folder, in a page its folder in the site's private file
 * system, `opfs:/...`, or a Storage), a matrix file (`.npy`, `.npz`, `.safetensors`, `.pt`; in Node `.parquet`, `.arrow`; `FILE#NAME` where it holds
 * several), or a matrix in memory.
 */
export type VectorsSpec = string | Storage | Matrix;

/**
 * An SAE folder: in Node its path; in a page `opfs:/...`, a folder of the site's private file system; a URL
 * of the folder; a Storage. SAELens, dictionary_learning and sparsify folders are read. Or one file, a state
 * dictionary: `.pt`, `.safetensors`, `.npz`.
 */
export type SaeSpec = string | URL | Storage;

/** A folder to write to: in Node a path, in a page a folder of the site's private file system; or a Storage. */
export type OutSpec = string | Storage;

export interface FetchHooks {
  signal?: AbortSignal;
  /** Bytes so far, and in all where they are known. */
  onBytes?: (bytes: number, total: number | undefined) => void;
  /** What the user should know; console.warn unless given. */
  warn?: (message: string) => void;
}

export interface Platform {
  /** Threads of the default engine. */
  threads(): number;
  /** The folder `out`. */
  storage(out: OutSpec): Storage;
  /** The folder of a file to write, and the file's name in it. InputError where the folder cannot be made. */
  fileIn(path: string): Promise<{ storage: Storage; name: string }>;
  /** InputError where the folder `out` cannot be made; the first write makes it. */
  ensureFolder(out: OutSpec): Promise<void>;
  openModel(spec: ModelSpec, math: CoreMath, hooks: FetchHooks): Promise<Model>;
  /** The file that `sae` names, where it is one and not a folder. */
  saeFile(sae: SaeSpec, hooks: FetchHooks): Promise<{ bytes: Uint8Array; label: string } | undefined>;
  /** The folder that `sae` names. */
  saeStorage(sae: SaeSpec, hooks: FetchHooks): Promise<Storage>;
  listImages(images: ImagesSpec, seed: number, hooks: FetchHooks): Promise<ImageRef[]>;
  /** The set by names and contents, and its pictures, which from then on are read only as they were. */
  nameImages(refs: readonly ImageRef[], known?: readonly (string | null)[]): Promise<NamedImages>;
  /** What tells of each picture that it was not written since; absent where nothing does. */
  stampsOf?(refs: readonly ImageRef[]): Promise<string[]>;
  /** The tokenizer that `spec` names, or the one beside a network. */
  openTokenizer(spec: string | undefined, model: ModelSpec): Promise<Tokenizer>;
  /** Pixels of a picture; procedural ones are drawn at `size`. */
  loadImage(ref: ImageRef, math: CoreMath, size: number): Promise<RgbImage>;
  pool(engine: Engine, model: Model | undefined, warn: (message: string) => void): Promise<Pool>;
  openVectors(spec: VectorsSpec): Promise<Vectors>;
  /** The rows of a matrix file of any size, or of a matrix. InputError where it is none, or a folder. */
  openMatrix(spec: VectorsSpec): Promise<MatrixRows>;
  /** A file whole. InputError where it is missing, or larger than `limit` bytes. */
  readFile(path: string, limit: number, advice: string): Promise<Uint8Array>;
  readLabels(path: string, classes: number): Promise<Label[]>;
  /** Records of a file (vectors/metadata.ts): JSON lines or CSV, packed or not; in Node Parquet too. */
  readMetadata(path: string, options?: MetadataOptions): Promise<Metadata>;
  /** An environment variable, where it is set and not empty; undefined in a page. */
  variable(name: string): string | undefined;
  /** How a result names where something was, so that it is found again from any folder. */
  absolute(spec: string): string;
  /** Where units lie on a map, [x, y] each; absent where none is drawn. UsageError: what draws it is not installed. */
  layout?(neighbours: Pick<Neighbours, 'index' | 'distance'>, seed: number): Promise<[number, number][]>;
  /** RGB [size][size][3] as a JPEG file; absent where none are made. */
  encodeJpeg?(pixels: Uint8Array, size: number): Promise<Uint8Array>;
  /** Pages about results; absent where none are drawn. */
  report?: {
    families(result: FamiliesResult, names: ReadonlyMap<string, string>): Promise<string>;
    run(result: JobResult, extras: ReportExtras): Promise<string>;
    disentangle(result: DisentangleResult, commandLine: string): Promise<string>;
    sweep(
      result: SweepResult,
      logs: Parameters<typeof import('../report/sweep.js').writeSweep>[1],
      commandLine: string,
    ): Promise<string>;
    examples(result: ExamplesResult, sheets: Sheets, commandLine: string | undefined): Promise<string>;
    /** The same of text: quotes in place of sheets. */
    textExamples(result: ExamplesResult, commandLine: string | undefined): Promise<string>;
    decomposition(
      result: DecomposeResult,
      pictures: DecompositionPictures,
      commandLine: string | undefined,
    ): Promise<string>;
    physiology(
      result: PhysiologyResult,
      thumbnails: Thumbnails,
      commandLine: string | undefined,
    ): Promise<string>;
    /** `drawings`: addresses of small pictures, of the units and then the features. */
    taxonomy(
      result: TaxonomyResult,
      drawings: readonly (string | undefined)[],
      commandLine: string | undefined,
    ): Promise<string>;
    /** A contact sheet as a file that ends in `.jpg`. */
    sheet(content: SheetContent): Promise<Uint8Array>;
    /** `crops`: of the units and of their drivers. */
    circuit(
      result: CircuitResult,
      crops: CropsOfUnits | undefined,
      commandLine: string | undefined,
    ): Promise<string>;
    visualize(page: VisualizePage): Promise<string>;
    steering(report: SteeringReport): Promise<string>;
  };
}
