// A run that is kept: `runs/<name>` with run.json and the SAE folder `sae`, and the
// activations it trains on in `activations/<hash>`, which runs share. Started again under
// its name it goes on where it was, and ends with the bytes of a run that nobody disturbed.
// On any Storage: the browser's in a tab, a folder in Node.

import { InputError, UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { sha256 } from '../core/hash.js';
import type { Pool } from '../core/pool.js';
import { parseSafetensors, safetensorsPieces } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import type { Model } from '../network/types.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { provenance } from '../pipeline/provenance.js';
import { trainInto } from '../sae/folder.js';
import { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import { loadSaeFolder, type SaeFolder, type SaeMetadata } from '../sae/saelens.js';
import type { SaeMetrics, TrainProgress } from '../sae/types.js';
import { extractActivations } from '../vectors/extract.js';
import { matrixVectors } from '../vectors/matrix.js';
import { readManifest, storeAsVectors, storeName } from '../vectors/store.js';
import type { Split, VectorSource } from '../vectors/types.js';
import { featuresInView, type InView, type SeenWith } from './in-view.js';
import { savedLog } from './log.js';
import {
  checkSame,
  inputsOf,
  type RunInputs,
  type RunRequest,
  readSettings,
  type Surroundings,
  settingsOf,
  writeSettings,
} from './settings.js';

export const RUNS = 'runs';
export const ACTIVATIONS = 'activations';
export const SAE = 'sae';
const VECTORS_FILE = 'vectors.safetensors';

export interface RunEnvironment extends Surroundings {
  /** The workers that extract with a model, or that train; disposed by whoever gives it. */
  pool: (model: Model | undefined) => Pool;
}

export type RunProgress =
  | { stage: 'activations'; done: number; total: number; failed: number }
  /** The log so far, and its last point. Without a point: training begins, or goes on after `log`. */
  | { stage: 'training'; point?: TrainProgress; log: readonly TrainProgress[] };

export interface RunHooks {
  /** Steps between checkpoints; 100 unless told. Never changes a bit. */
  checkpointEvery?: number;
  onProgress?: (progress: RunProgress) => void;
  /** Aborted: the step is finished, a checkpoint written, the signal's reason thrown. */
  signal?: AbortSignal;
}

export interface KeptRun extends SaeFolder {
  log: TrainProgress[];
  /** On vectors that training did not see, where there are any. */
  metrics: SaeMetrics;
  /** Of training, over all its parts. */
  seconds: number;
  /** It was finished already. */
  reused: boolean;
  /** Pictures that could not be used. */
  failures: ImageFailure[];
  /** What its features see. */
  inView: InView;
}

/**
 * Trains the run `name` in `root`, or goes on with it. Without a request: as run.json says;
 * with one that says otherwise: UsageError.
 */
export async function trainKept(
  env: RunEnvironment,
  root: Storage,
  name: string,
  request: RunRequest | undefined,
  hooks: RunHooks = {},
): Promise<KeptRun> {
  const { engine } = env;
  const { signal, onProgress } = hooks;
  const folder = root.sub(RUNS).sub(name);
  const asked = request && (await settingsOf(env, request));
  const unlock = await folder.lock();
  try {
    const before = await readSettings(folder);
    const inputs = asked ?? (before ? await inputsOf(env, before) : await settingsOf(env, {}));
    if (before) checkSame(name, before, inputs.settings);
    else await writeSettings(folder, inputs.settings);
    signal?.throwIfAborted();

    const data = await dataOf(env, root, folder, inputs, hooks);
    const sae = folder.sub(SAE);
    onProgress?.({ stage: 'training', log: await savedLog(sae) });
    const { train } = inputs.settings;
    const { log, seconds, reused } = await trainInto(
      engine,
      data.source('train'),
      {
        storage: sae,
        options: train,
        resume: true,
        checkpointEvery: hooks.checkpointEvery ?? DEFAULTS.checkpointEveryInTab,
        metadata: data.metadata,
        onProgress: (point, log) => onProgress?.({ stage: 'training', point, log }),
      },
      signal,
      env.pool(undefined),
    );
    const trained = await loadSaeFolder(sae);
    const heldOut = data.source('heldout');
    const loaded = new LoadedSae(engine, trained.config, trained.tensors);
    try {
      const metrics = await evaluate(loaded, heldOut.count ? heldOut : data.source('train'));
      const inView = data.seen
        ? await featuresInView({ ...data.seen, signal }, loaded)
        : { reason: NO_PICTURES };
      return { ...trained, log, seconds, reused, metrics, failures: data.failures, inView };
    } finally {
      loaded.dispose();
    }
  } finally {
    await unlock();
  }
}

/** Photographs are not kept: a run that goes on without them has none to show. */
const NO_PICTURES = 'the pictures are not here: give the same ones again, and they are shown';

interface RunData {
  source(split: Split): VectorSource;
  metadata: SaeMetadata;
  failures: ImageFailure[];
  /** Where there are pictures. */
  seen?: SeenWith;
}

async function dataOf(
  env: RunEnvironment,
  root: Storage,
  folder: Storage,
  { settings, model, images, vectors }: RunInputs,
  { signal, onProgress }: RunHooks,
): Promise<RunData> {
  const { data, train } = settings;
  if ('vectors' in data) {
    if (vectors && (await folder.size(VECTORS_FILE)) === undefined) {
      const shape = [vectors.data.length / vectors.width, vectors.width];
      await folder.write(VECTORS_FILE, safetensorsPieces({ activations: { shape, data: vectors.data } }));
    }
    const label = `${folder.label}/${VECTORS_FILE}`;
    const tensor = parseSafetensors(await folder.read(VECTORS_FILE), label).tensors.get('activations');
    if (!tensor) throw new InputError(`${label}: holds no vectors; delete the run and train it again`);
    if ((await sha256(tensor.bytes)) !== data.vectors)
      throw new InputError(`${label}: is corrupt (checksum); delete the run and train it again`);
    const matrix = { label, hash: data.vectors, shape: tensor.shape, data: tensor.f32() };
    return {
      source: (split) => matrixVectors(matrix, split),
      metadata: provenance({ data: data.vectors, seed: train.seed }),
      failures: [],
    };
  }
  const { recipe, dIn } = data;
  const hash = await storeName(recipe);
  const stores = root.sub(ACTIVATIONS);
  const finished = await readManifest(stores.sub(hash)).catch(() => undefined);
  const metadata = provenance({ store: { hash, recipe }, seed: train.seed });
  // A finished store needs neither the network nor the pictures any more.
  if (finished?.complete && !(model && images)) {
    const failures = finished.shards.flatMap((s) => s.failures);
    return { source: storeAsVectors(stores.sub(hash), finished).source, metadata, failures };
  }
  if (recipe.numerics !== numericsOf(env.engine.info().build))
    throw new UsageError(
      `${folder.label}: its activations are of ${recipe.numerics} numerics, the ${env.engine.info().build} build has others; use the build that began it`,
    );
  if (!model || !images)
    throw new InputError(
      `${folder.label}: was stopped before its activations were complete; give the same pictures and the same network again`,
    );
  const pool = env.pool(model);
  const { storage, manifest, failures } = await extractActivations({
    pool,
    images,
    recipe,
    dIn,
    root: stores,
    signal,
    onProgress: (done, failed) => onProgress?.({ stage: 'activations', done, total: images.length, failed }),
  });
  const seen = { storage, manifest, pool, model, images };
  return { source: storeAsVectors(storage, manifest).source, metadata, failures, seen };
}
