// The stages of the job (job.ts). Each writes a folder named by the hash of what makes it
// and returns what is there when it is finished already.

import { InputError } from '../core/errors.js';
import { shortHash } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import { trainInto } from '../sae/folder.js';
import type { LoadedSae } from '../sae/inference.js';
import { loadSaeFolder, type SaeFolder } from '../sae/saelens.js';
import { resolveHyperparameters, type TrainOptions } from '../sae/settings.js';
import type { TrainProgress } from '../sae/types.js';
import { type ActivationStatistics, activationStatistics } from '../study/curves/statistics.js';
import { type TuningCurves, tuningCurves } from '../study/curves/tuning.js';
import { type ExtractOutcome, extractActivations } from '../vectors/extract.js';
import { storeVectors } from '../vectors/store.js';
import type { StoreRecipe } from '../vectors/types.js';
import type { JobEnvironment, JobOptions } from './job.js';

/** Steps between checkpoints: some seconds of work. */
const CHECKPOINT_EVERY = 250;

/** What makes a store, from the network, the hash of the pictures and how to sample. */
export function recipeOf(
  model: Model,
  images: string,
  o: Pick<StoreRecipe, 'tap' | 'perImage' | 'reference' | 'sample' | 'excludeBorder' | 'seed' | 'numerics'>,
): StoreRecipe {
  const { tap, perImage, reference, sample, excludeBorder, seed, numerics } = o;
  return {
    model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
    tap,
    inputSize: model.description.size,
    images,
    perImage,
    reference,
    sample,
    excludeBorder,
    seed,
    numerics,
  };
}

/** What made an SAE, for its cfg.json. */
export const provenance = (recipe: StoreRecipe, store: string, seed: number) => ({
  model_name: recipe.model.name,
  hook_name: recipe.tap,
  activation_store: store,
  weights_sha256: recipe.model.sha256,
  seed,
});

export async function activationsStage(
  env: JobEnvironment,
  o: JobOptions,
  numerics: 'exact' | 'relaxed',
): Promise<ExtractOutcome> {
  const { model, images, progress } = env;
  const info = tapInfo(model.description, o.tap);
  const recipe = recipeOf(model, env.imagesHash, { ...o, numerics });
  progress.start('activations');
  const outcome = await extractActivations({
    pool: env.pool,
    images,
    recipe,
    dIn: info.channels,
    root: env.out.sub('activations'),
    signal: env.signal,
    onProgress: (done, failed) =>
      progress.update(done, images.length, 'images', failed ? `${failed} failed` : ''),
  });
  const vectors = outcome.manifest.shards.reduce((n, s) => n + s.rows.train + s.rows.heldout, 0);
  progress.finish(
    `${vectors} vectors of ${info.channels} from ${images.length - outcome.failures.length} images${outcome.reused ? ', reused' : ''}`,
  );
  return outcome;
}

export interface TrainedStage {
  hash: string;
  folder: SaeFolder;
  log: TrainProgress[];
  seconds: number;
  evaluation: ReturnType<typeof storeVectors>;
  heldOut: boolean;
}

export async function saeStage(
  env: JobEnvironment,
  o: JobOptions,
  { storage, manifest }: ExtractOutcome,
  numerics: 'exact' | 'relaxed',
): Promise<TrainedStage> {
  const { engine, progress } = env;
  const source = storeVectors(storage, manifest, 'train');
  const { expansion, ...train } = o.train;
  const options: TrainOptions = {
    ...train,
    dSae: train.dSae ?? Math.max(1, Math.round(expansion * source.d)),
  };
  const hyperparameters = resolveHyperparameters(options, source.d);
  const { buildId } = engine.info();
  const { architecture, batch, steps, seed } = options;
  const hash = await shortHash({
    data: source.hash,
    hyperparameters,
    architecture,
    batch,
    steps,
    seed,
    buildId,
    numerics,
  });
  const folder = env.out.sub('sae').sub(hash);
  progress.start('sae');
  const show = showTraining(progress, 'sae');
  const { log, seconds, reused } = await trainInto(
    engine,
    source,
    {
      storage: folder,
      options,
      resume: true,
      checkpointEvery: CHECKPOINT_EVERY,
      onProgress: (point) => show.onProgress(point),
      onStep: show.onStep,
      metadata: provenance(manifest.recipe, manifest.hash, seed),
    },
    env.signal,
  );
  progress.finish(reused ? 'reused' : `${options.dSae} latents, ${describe(log[log.length - 1])}`);
  const heldout = storeVectors(storage, manifest, 'heldout');
  return {
    hash,
    folder: await loadSaeFolder(folder),
    log,
    seconds,
    evaluation: heldout.count ? heldout : source,
    heldOut: heldout.count > 0,
  };
}

/** Loss, L0, FVU and dead latents of a point of the log. */
export const describe = (p: TrainProgress): string =>
  `loss ${p.loss.toPrecision(4)}, L0 ${p.l0.toFixed(1)}, FVU ${p.fvu.toFixed(4)}, ${p.dead} dead`;

/** Hooks that show training as it goes: every step, with what the last point of a log said. */
export function showTraining(progress: JobEnvironment['progress'], stage: string) {
  let detail = '';
  let begun = false;
  return {
    onProgress: (point: TrainProgress, name?: string) => {
      detail = name === undefined ? describe(point) : `${name}: ${describe(point)}`;
    },
    onStep: (step: number, steps: number) => {
      // A resumed run's rate counts from where it goes on.
      if (!begun && step > 1) progress.start(stage, step - 1);
      begun = true;
      progress.update(step, steps, 'steps', detail);
    },
  };
}

export interface CurvesStage {
  hash: string;
  tuning: TuningCurves;
  statistics: { units: ActivationStatistics; features: ActivationStatistics };
  seconds: number;
}

/** Tuning curves and photograph statistics, kept in one file: they are what costs time. */
export async function curvesStage(
  env: JobEnvironment,
  o: JobOptions,
  { storage, manifest }: ExtractOutcome,
  trained: TrainedStage,
  sae: LoadedSae,
  numerics: 'exact' | 'relaxed',
): Promise<CurvesStage> {
  const { model, progress } = env;
  const { buildId } = env.engine.info();
  const hash = await shortHash({
    weights: model.sha256,
    tap: o.tap,
    sae: trained.hash,
    store: manifest.hash,
    curves: o.curves,
    buildId,
    numerics,
  });
  const folder = env.out.sub('curves').sub(hash);
  progress.start('curves');
  if ((await folder.size(CURVES_FILE)) === undefined) {
    const started = Date.now();
    const encoder = { features: sae.config.dSae, encode: (x: Float32Array, n: number) => sae.encode(x, n) };
    const tuning = await tuningCurves({
      pool: env.pool,
      tap: o.tap,
      info: tapInfo(model.description, o.tap),
      fullSize: model.description.size,
      options: o.curves,
      encoder,
      signal: env.signal,
      onProgress: (done, total) => progress.update(done, total, 'orientations'),
    });
    const { units, features } = await activationStatistics(
      storeVectors(storage, manifest, 'reference'),
      encoder,
    );
    const seconds = (Date.now() - started) / 1000;
    // Times stay outside: the tensors' file has the same bytes wherever it is made.
    await folder.write('stage.json', JSON.stringify({ seconds }));
    await folder.write(CURVES_FILE, encodeStage(tuning, { units, features: features! }));
    progress.finish(`${o.curves.orientations} orientations, ${o.curves.radii.length} radii`);
  } else progress.finish('reused');
  const record = await readJson<{ seconds: number }>(folder, 'stage.json');
  return {
    hash,
    seconds: typeof record?.seconds === 'number' ? record.seconds : 0,
    ...(await readCurves(folder)),
  };
}

const CURVES_FILE = 'tuning.safetensors';

/** Tuning curves and statistics of a finished stage. InputError where they are not there or not whole. */
export async function readCurves(folder: Storage): Promise<StageContent> {
  return decodeStage(await folder.read(CURVES_FILE), `${folder.label}/${CURVES_FILE}`);
}

type StageContent = Omit<CurvesStage, 'hash' | 'seconds'>;

function encodeStage(tuning: TuningCurves, statistics: StageContent['statistics']): Uint8Array {
  const join = (rows: Float32Array[]) => {
    const data = new Float32Array(rows.reduce((n, r) => n + r.length, 0));
    let at = 0;
    for (const row of rows) {
      data.set(row, at);
      at += row.length;
    }
    return { shape: [rows.length, rows[0]?.length ?? 0], data };
  };
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  return encodeSafetensors(
    {
      'units.tuning': join(tuning.units),
      'features.tuning': join(tuning.features),
      'units.percentile999': vector(statistics.units.percentile999),
      'features.percentile999': vector(statistics.features.percentile999),
      'units.density': vector(statistics.units.density),
      'features.density': vector(statistics.features.density),
    },
    { vectors: String(statistics.units.vectors) },
  );
}

function decodeStage(bytes: Uint8Array, label: string): StageContent {
  const { tensors, metadata } = parseSafetensors(bytes, label);
  const named = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new InputError(`${label}: lacks '${name}'; remove the folder and run again`);
    return tensor;
  };
  const rows = (name: string): Float32Array[] => {
    const t = named(name);
    const data = t.f32();
    return Array.from({ length: t.shape[0] }, (_, i) => data.subarray(i * t.shape[1], (i + 1) * t.shape[1]));
  };
  const of = (group: string): ActivationStatistics => ({
    percentile999: named(`${group}.percentile999`).f32(),
    density: named(`${group}.density`).f32(),
    vectors: Number(metadata.vectors),
  });
  return {
    tuning: { units: rows('units.tuning'), features: rows('features.tuning') },
    statistics: { units: of('units'), features: of('features') },
  };
}

async function readJson<T>(storage: Storage, name: string): Promise<T | undefined> {
  if ((await storage.size(name)) === undefined) return undefined;
  const remedy = 'remove the folder of this stage and run again';
  return parseJsonObject(await storage.read(name), `${storage.label}/${name}`, remedy) as T;
}
