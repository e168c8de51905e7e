// The data behind the explorer's pages: computed once from a run's folder, its network and its
// photographs, kept in the run's folder under the hash of what made them, and used again only
// where every file is as it was written.

import type { Engine } from '../../core/engine.js';
import { canonicalJson, sha256, shortHash } from '../../core/hash.js';
import type { Pool } from '../../core/pool.js';
import { encodeSafetensors, safetensorsPieces, type TensorData } from '../../formats/safetensors.js';
import { NotWritable, type Storage } from '../../formats/storage.js';
import type { ImageRef } from '../../images/types.js';
import { imageInput } from '../../network/ops/image.js';
import { beforeRelu, tapInfo } from '../../network/taps.js';
import type { Model, NetworkDescription } from '../../network/types.js';
import { LoadedSae } from '../../sae/inference.js';
import { sharedTensors } from '../../sae/shared-tensors.js';
import { mapGrid } from '../../units/heat-maps.js';
import { type PictureMeasures, visitPictures } from '../../units/picture-pass.js';
import { featuresOfNeurons, similarFeatures } from '../../units/similarity.js';
import { TOP_PICTURES } from '../../units/top-examples.js';
import type { Kind } from '../../units/unit.js';
import { type VectorMeasures, visitVectors } from '../../units/vector-pass.js';
import { OLDER } from '../curves/verdict.js';
import { fieldsOf } from '../examples/fields.js';
import { randomSpots } from '../examples/spots.js';
import { writePictureChunks, writeUnitChunks } from './chunks.js';
import {
  EXAMPLES,
  EXPLORER_FORMAT,
  EXPLORER_VERSION,
  type ExplorerIndex,
  NAMES_FILE,
  type Part,
  pictureFile,
  SAE_FILE,
  TABLE_FILE,
} from './format.js';
import { writeNetwork } from './network-files.js';
import { openRun, type RunFolder } from './run-folder.js';
import { sealed, verified } from './seal.js';
import { alignmentColumns, curveColumns } from './table.js';

/** The network and the photographs of a run, or why they cannot be had. */
export type Found<T> = { value: T } | { reason: string };

export interface ExplorerEnvironment {
  engine: Engine;
  /** The run's own network, checked against result.json. */
  findModel(run: RunFolder): Promise<Found<Model>>;
  /** The run's own photographs, in their order, checked against result.json. */
  findImages(run: RunFolder): Promise<Found<readonly ImageRef[]>>;
  /** What the models know of networks. */
  network: {
    describe(architecture: string): NetworkDescription;
    /** The file of a model's tensors. */
    encode(model: Model): Uint8Array;
    /** Orientations of the curves that were planted in the embedded network, degrees. */
    plantedDeg: readonly number[];
  };
  /** A pool that computes with `model`. */
  pool(model: Model): Pool;
  /** Where data are kept whose run's folder cannot be written to. */
  elsewhere?: Storage;
  /** Told where that is. */
  warn?: (message: string) => void;
  /** Paths of this machine that no page is to show: they are cut to their last part. */
  paths?: readonly string[];
  /** RGB [size][size][3] as a JPEG file. */
  encodeJpeg(pixels: Uint8Array, size: number): Promise<Uint8Array>;
  signal?: AbortSignal;
  progress: {
    start(stage: string): void;
    update(done: number, total: number, unit: string, detail?: string): void;
    finish(summary: string): void;
  };
}

export interface ExplorerData {
  storage: Storage;
  /** The folder of it and of what else is made for the pages. */
  home: Storage;
  index: ExplorerIndex;
  run: RunFolder;
  reused: boolean;
}

/** Data of the run in `folder`, of at most `pictures` of its photographs. InputError where it is no run. */
export async function explorerData(
  env: ExplorerEnvironment,
  folder: Storage,
  pictures: number,
): Promise<ExplorerData> {
  const run = await openRun(folder);
  const { result } = run;
  const hash = await shortHash({
    version: EXPLORER_VERSION,
    hashes: result.hashes,
    curves: result.curves,
    tap: result.tap,
    build: env.engine.info().buildId,
    numerics: result.numerics,
    pictures,
  });
  const homes = [folder.sub('explorer'), ...(env.elsewhere ? [env.elsewhere] : [])];
  const found: ExplorerData[] = [];
  for (const home of homes) {
    const storage = home.sub(hash);
    const index = await verified<ExplorerIndex>(storage, {
      ...{ format: EXPLORER_FORMAT, version: EXPLORER_VERSION, hash },
    });
    if (index) found.push({ storage, home, index, run, reused: true });
  }
  const whole = found.find(({ index }) => !index.missing.length);
  if (whole) return whole;
  const model = await env.findModel(run);
  const images = await env.findImages(run);
  const paths = [folder.label, ...(env.paths ?? []), result.inputs?.model, ...(result.inputs?.images ?? [])];
  const missing = [
    ...run.missing,
    ...('reason' in model ? [{ part: 'model' as Part, reason: model.reason }] : []),
    ...('reason' in images ? [{ part: 'photographs' as Part, reason: images.reason }] : []),
  ].map(({ part, reason }) => ({ part, reason: withoutFolders(reason, paths) }));
  // Made before with as much or more: what has gone since then is still in it.
  const asMuch = found.find(({ index }) =>
    index.missing.every((m) => missing.some((n) => n.part === m.part)),
  );
  if (asMuch) return asMuch;
  const { home, storage, unlock } = await lockFirst(homes, hash, env.warn);
  try {
    const index = await build(env, run, storage, hash, {
      model: 'value' in model ? model.value : undefined,
      images: 'value' in images ? spread(images.value, pictures) : undefined,
      listed: 'value' in images ? images.value.length : 0,
      missing,
    });
    return { storage, home, index, run, reused: false };
  } finally {
    await unlock();
  }
}

/** The folder `hash` in the first home that can be written to, locked. */
export async function lockFirst(
  [home, ...others]: readonly Storage[],
  hash: string,
  warn?: (message: string) => void,
): Promise<{ home: Storage; storage: Storage; unlock: () => Promise<void> }> {
  const storage = home.sub(hash);
  try {
    return { home, storage, unlock: await storage.lock() };
  } catch (error) {
    if (!(error instanceof NotWritable) || !others.length) throw error;
    warn?.(`${home.label}: cannot be written to; the pages' data are kept in ${others[0].label}`);
    return lockFirst(others, hash, warn);
  }
}

/** What goes into the data may be exported: paths are cut to their last part. */
function withoutFolders(text: string, paths: readonly (string | undefined)[]): string {
  const found = paths.filter((p): p is string => typeof p === 'string' && /[/\\]/.test(p));
  return found.reduce(
    (t, path) => t.replaceAll(path, path.split(/[/\\]/).filter(Boolean).at(-1) ?? ''),
    text,
  );
}

/** `most` of the items, evenly. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)]);
}

interface Sources {
  model?: Model;
  images?: ImageRef[];
  listed: number;
  missing: ExplorerIndex['missing'];
}

async function build(
  env: ExplorerEnvironment,
  run: RunFolder,
  storage: Storage,
  hash: string,
  { model, images, listed, missing }: Sources,
): Promise<ExplorerIndex> {
  const { engine, progress, signal } = env;
  const { result, sae: folder } = run;
  const counts: Record<Kind, number> = { neurons: result.sae.dIn, features: result.sae.dSae };
  const sae = folder && new LoadedSae(engine, folder.config, folder.tensors);
  try {
    let vectors: VectorMeasures | undefined;
    if (run.reference) {
      progress.start('explorer: activations');
      const update = (done: number, total: number) => progress.update(done, total, 'vectors');
      vectors = await visitVectors(run.reference, sae, update, signal);
      progress.finish(`${vectors.vectors} vectors`);
    }
    let measured: PictureMeasures | undefined;
    if (model && images) {
      progress.start('explorer: photographs');
      measured = await picturePass(env, run, model, images, counts, vectors, storage);
      await storage.write(NAMES_FILE, JSON.stringify(images.map((ref) => ref.name)));
      await writePictureChunks(storage, images.length, measured);
      progress.finish(`${images.length - measured.failures.length} of ${listed}`);
    }
    progress.start('explorer: pages');
    const decoder = folder && { count: counts.features, data: folder.tensors.W_dec.data };
    const d = counts.neurons;
    for (const kind of ['neurons', 'features'] as const) {
      const similar =
        decoder && (kind === 'features' ? similarFeatures : featuresOfNeurons)(engine, decoder, d);
      await writeUnitChunks(storage, kind, counts[kind], {
        curves: kind === 'neurons' ? run.curves?.tuning.units : run.curves?.tuning.features,
        decoder: decoder && { data: decoder.data, d },
        similar,
        vectors,
        pictures: measured,
      });
    }
    const network = model?.description ?? env.network.describe(result.model.architecture);
    const fields = fieldsOf(network, tapInfo(network, result.tap));
    await storage.write(TABLE_FILE, table(env, run, counts, fields, vectors, measured));
    if (folder) await storage.write(SAE_FILE, safetensorsPieces(folder.tensors));
    const behind = await writeNetwork(storage, model, result.tap, env.network.encode);
    const { shape: _, ...geometry } = tapInfo(network, result.tap);
    const index: ExplorerIndex = {
      format: EXPLORER_FORMAT,
      version: EXPLORER_VERSION,
      hash,
      run: {
        version: result.version,
        model: result.model,
        tap: result.tap,
        build: result.build,
        numerics: result.numerics,
        seed: result.seed,
        images: result.activations.images,
        vectors: result.activations.vectors,
        sae: result.sae,
        hashes: result.hashes,
        ...(result.groundTruth && { groundTruth: result.groundTruth }),
        planted: result.groundTruth ? env.network.plantedDeg : [],
      },
      curves: result.curves,
      verdict: result.verdict ?? OLDER,
      controls: result.controls ?? null,
      geometry: { ...geometry, inputSize: imageInput(network).size },
      ...(measured && pictureFacts(measured, images!, geometry, result)),
      counts,
      vectors: {
        histogram: vectors?.vectors ?? 0,
        together: {
          neurons: vectors?.together.neurons?.vectors ?? 0,
          features: vectors?.together.features?.vectors ?? 0,
        },
      },
      pictures: { listed, shown: measured ? images!.length : 0, failures: measured?.failures ?? [] },
      ...(folder && { sae: folder.config }),
      behind,
      missing,
    };
    await sealed(storage, index);
    progress.finish(`${counts.neurons} neurons, ${counts.features} features`);
    return index;
  } finally {
    sae?.dispose();
  }
}

/** Places sampled for each that may be shown: a picture is shown once. */
const SAMPLED = 4;
/** Weights of an encoder up to which all its values before the threshold are computed at every position. */
const NEAR_WEIGHTS = 2 ** 19;
const looksForNear = ({ dIn, dSae }: { dIn: number; dSae: number }): boolean => dIn * dSae <= NEAR_WEIGHTS;

async function picturePass(
  env: ExplorerEnvironment,
  run: RunFolder,
  model: Model,
  images: ImageRef[],
  counts: Record<Kind, number>,
  vectors: VectorMeasures | undefined,
  storage: Storage,
): Promise<PictureMeasures> {
  const { sae } = run;
  const { size } = imageInput(model.description);
  const pool = env.pool(model);
  const folder = storage.sub('pictures');
  try {
    return await visitPictures({
      pool,
      images,
      counts,
      tap: run.result.tap,
      size,
      grid: tapInfo(model.description, run.result.tap),
      sae: sae && { config: sae.config, tensors: sharedTensors(sae.tensors) },
      sample: SAMPLED * EXAMPLES.each * EXAMPLES.levels,
      seed: run.result.seed,
      before: beforeRelu(model.description, run.result.tap),
      near: looksForNear(run.result.sae),
      key: sae ? await sha256(canonicalJson([run.result.hashes.sae, sae.config])) : '',
      scale: {
        neurons: vectors?.histograms.neurons?.largest,
        features: vectors?.histograms.features?.largest,
      },
      keep: async (picture, pixels) => folder.write(pictureFile(picture), await env.encodeJpeg(pixels, size)),
      onProgress: (done, total, failed) =>
        env.progress.update(done, total, 'photographs', failed ? `${failed} failed` : ''),
      signal: env.signal,
    });
  } finally {
    pool.dispose();
  }
}

/** What the index says of the photographs' examples. */
function pictureFacts(
  { failures, sets }: PictureMeasures,
  images: readonly ImageRef[],
  grid: { height: number; width: number },
  { seed }: RunFolder['result'],
): Pick<ExplorerIndex, 'maps' | 'near' | 'random'> {
  const bad = new Set(failures.map(({ name }) => name));
  const used = Array.from(images.keys()).filter((i) => !bad.has(images[i].name));
  return {
    maps: mapGrid(grid),
    near: {
      neurons: sets?.neurons?.near !== undefined,
      features: sets?.features?.near !== undefined,
    },
    random: randomSpots(used, grid.height * grid.width, TOP_PICTURES, seed),
  };
}

function table(
  { engine }: ExplorerEnvironment,
  { curves, sae, result }: RunFolder,
  counts: Record<Kind, number>,
  fields: Int32Array,
  vectors: VectorMeasures | undefined,
  pictures: PictureMeasures | undefined,
): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, { shape: number[]; data: TensorData }> = {};
  if (curves) {
    const { tuning, statistics } = curves;
    const { neurons, features } = result.curves;
    Object.assign(
      tensors,
      curveColumns('neurons', engine.math, tuning.units, statistics.units, neurons.detectors),
      curveColumns('features', engine.math, tuning.features, statistics.features, features?.detectors ?? []),
    );
  }
  if (sae) Object.assign(tensors, alignmentColumns(sae.tensors.W_dec.data, counts.features, counts.neurons));
  tensors['neurons.field'] = { shape: [counts.neurons], data: fields };
  for (const kind of ['neurons', 'features'] as const) {
    const top = pictures?.top[kind];
    if (top) {
      const firsts = (all: Int32Array) =>
        Int32Array.from({ length: counts[kind] }, (_, u) => all[u * TOP_PICTURES]);
      tensors[`${kind}.best.picture`] = { shape: [counts[kind]], data: firsts(top.picture) };
      tensors[`${kind}.best.position`] = { shape: [counts[kind]], data: firsts(top.position) };
    }
    const sampled = vectors?.histograms[kind]?.largest;
    const photographed = pictures?.top[kind]?.value;
    if (!sampled && !photographed) continue;
    const largest = new Float32Array(counts[kind]);
    for (let u = 0; u < largest.length; u++)
      largest[u] = Math.max(sampled?.[u] ?? 0, photographed?.[u * TOP_PICTURES] ?? 0);
    tensors[`${kind}.largest`] = { shape: [counts[kind]], data: largest };
  }
  return encodeSafetensors(tensors);
}
