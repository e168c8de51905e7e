// The data behind the explorer's pages about embeddings: computed once from vectors, records and SAEs, kept under the hash
// of what made them.
import type { Engine } from '../../core/engine.js';
import type { Pool } from '../../core/pool.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import type { LoadedSae } from '../../sae/inference.js';
import { decoderRows } from '../../sae/stability.js';
import { rowsPerTask, throughSae } from '../../sae/threads.js';
import { activeLists } from '../../units/active-lists.js';
import { evenParts } from '../../vectors/even-rows.js';
import { type MatrixRows, streamedVectors } from '../../vectors/matrix.js';
import type { Metadata } from '../../vectors/metadata.js';
import { sealed, verified } from '../facts/seal.js';
import { lengthOf } from '../search/lengths.js';
import { UNIT } from '../search/nearest.js';
import { categoryOf, shownFields, writeDocuments, writeWords } from './documents.js';
import { writeFeatures } from './features.js';
import { ATLAS_FORMAT, ATLAS_VERSION, type AtlasIndex, type AtlasSae, MAP_FILE } from './format.js';
import { type LayoutNeighbours, pcaLayout, umapLayout } from './layout.js';
import { writeNeurons } from './neurons.js';

export interface AtlasSource {
  /** Of the content. */
  hash: string;
  rows: MatrixRows;
  records: Metadata;
  /** `hash`: of its files. */
  saes: { name: string; hash: string; sae: LoadedSae }[];
  /** Of pictures these are there. */
  of: AtlasIndex['of'];
  /** Where the vectors are what it computes. */
  network: AtlasIndex['network'];
}

export interface AtlasEnvironment {
  engine: Engine;
  /** Threads that share the encoding. */
  pool?: Pool;
  /** Lays out a map by neighbours; by principal components where absent. */
  draw?: (neighbours: LayoutNeighbours) => Promise<[number, number][]>;
  signal?: AbortSignal;
  progress: {
    start(stage: string): void;
    update(done: number, total: number, unit: string, detail?: string): void;
    finish(summary: string): void;
  };
}

/** Data that are whole and of this content; undefined: they are to be made. */
export const knownAtlas = (storage: Storage, hash: string): Promise<AtlasIndex | undefined> =>
  verified<AtlasIndex>(storage, { format: ATLAS_FORMAT, version: ATLAS_VERSION, hash });

/** Makes the data in `storage`. InputError: a row that is not finite, an SAE of another width. */
export async function makeAtlas(
  env: AtlasEnvironment,
  { hash, rows, records, saes, of, network }: AtlasSource,
  storage: Storage,
): Promise<AtlasIndex> {
  const { engine, pool, progress, signal } = env;
  const check = () => signal?.throwIfAborted();
  const [documents, d] = rows.shape;
  progress.start('documents');
  const shown = shownFields(records);
  await writeDocuments(storage, records, shown, check);
  const { searched, common } = await writeWords(storage, records, shown, check);
  progress.finish(`${documents} documents`);
  progress.start('map');
  const map = env.draw ? await umapLayout(engine, rows, env.draw, check) : await pcaLayout(rows, check);
  const { category, of: categories } = categoryOf(records, shown);
  await storage.write(
    MAP_FILE,
    encodeSafetensors({
      x: { shape: [documents], data: map.x },
      y: { shape: [documents], data: map.y },
      category: { shape: [documents], data: categories },
    }),
  );
  progress.finish(map.kind.kind === 'pca' ? 'principal components' : `UMAP of ${map.kind.sample} documents`);
  const decoders = saes.map(({ sae }) => decoderRows(sae));
  const known: AtlasSae[] = [];
  const work = { engine, storage, decoders, neurons: network !== null, progress, check };
  for (const [s, { name, hash: ofSae, sae }] of saes.entries()) {
    progress.start(saes.length > 1 ? `features of ${name}` : 'features');
    const source = streamedVectors({ ...rows, hash }, 'all');
    const lists = await activeLists(sae, source, {
      ...{ pool, signal },
      onProgress: (done, total) => progress.update(done, total, 'documents'),
    });
    const variance = new Variance(d);
    const parts = evenParts(source, RECONSTRUCTED, rowsPerTask(sae.config));
    const looked = Math.min(RECONSTRUCTED, source.count);
    for await (const { part, result } of throughSae(sae, 'reconstruct', parts, looked, { pool, signal }))
      variance.add(part.rows, result.xhat);
    await writeFeatures(work, s, sae, lists);
    const fires = new Set(lists.index);
    const { architecture, dIn, dSae, k } = sae.config;
    known.push({
      ...{ name, hash: ofSae, architecture, dIn, dSae, k: k ?? null },
      l0: lists.index.length / documents,
      fvu: variance.unexplained(),
      dead: dSae - fires.size,
    });
    progress.finish(`${lists.index.length} activations`);
  }
  const neurons = network === null ? null : await writeNeurons(work, rows);
  const index: AtlasIndex = {
    ...{
      format: ATLAS_FORMAT,
      version: ATLAS_VERSION,
      hash,
      documents,
      d,
      of,
      network,
      neurons,
      category,
      searched,
      common,
    },
    ...{ norms: await normsOf(rows), fields: shown.fields, title: shown.title, map: map.kind, saes: known },
  };
  await sealed(storage, index);
  return index;
}

/** Rows at a time. */
const BLOCK = 4096;
/** Documents that FVU is of, at most, evenly spaced. */
const RECONSTRUCTED = 10_000;

/** Sums behind FVU: squares of what is left, and of vectors about their mean. */
class Variance {
  #sum: Float64Array;
  #squares = 0;
  #left = 0;
  #n = 0;

  constructor(d: number) {
    this.#sum = new Float64Array(d);
  }

  /** x and xhat [n][d] */
  add(x: Float32Array, xhat: Float32Array): void {
    const d = this.#sum.length;
    for (let first = 0; first < x.length; first += d)
      for (let j = 0; j < d; j++) {
        const v = x[first + j];
        const left = v - xhat[first + j];
        this.#sum[j] += v;
        this.#squares += v * v;
        this.#left += left * left;
      }
    this.#n += x.length / d;
  }

  unexplained(): number {
    const ofMean = this.#sum.reduce((sum, v) => sum + v * v, 0) / this.#n;
    return this.#left / (this.#squares - ofMean || 1);
  }
}

async function normsOf(rows: MatrixRows): Promise<AtlasIndex['norms']> {
  const [n, d] = rows.shape;
  const norms = { notUnit: 0, least: Number.POSITIVE_INFINITY, largest: 0 };
  for (let first = 0; first < n; first += BLOCK) {
    const count = Math.min(BLOCK, n - first);
    const block = await rows.rows(first, count);
    for (let i = 0; i < count; i++) {
      const length = lengthOf(block.subarray(i * d, (i + 1) * d));
      norms.least = Math.min(norms.least, length);
      norms.largest = Math.max(norms.largest, length);
      norms.notUnit += Number(Math.abs(length - 1) > UNIT);
    }
  }
  return norms;
}
