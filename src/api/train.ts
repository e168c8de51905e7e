// `train`: a sparse autoencoder from vectors. A repeated call takes what is finished, and goes on with
// what was interrupted.
import { type Fit, fitOf, heldOutDoubts, passesText } from '../pipeline/held-out.js';
import { trainingText } from '../pipeline/progress.js';
import { trainShown } from '../pipeline/sae.js';
import { loadSaeFolder } from '../sae/saelens.js';
import { resolveHyperparameters } from '../sae/settings.js';
import type { TrainProgress } from '../sae/types.js';
import { checkBatch } from '../vectors/batches.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import {
  ACTIVATIONS_OPTION,
  type ActivationsOption,
  CHECKPOINT_OPTION,
  type CheckpointOption,
  type OutOption,
  SEED_OPTION,
} from './groups.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';
import { TRAIN_OPTIONS, type TrainingOptions, trainSettings } from './training-options.js';

export const TRAIN_CALL_OPTIONS = {
  ...ACTIVATIONS_OPTION,
  ...TRAIN_OPTIONS,
  ...CHECKPOINT_OPTION,
  out: {
    kind: 'text',
    value: 'SAE',
    help: 'folder of the SAE; repeating the command goes on, or reuses what is finished',
    required: true,
    object: true,
  },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of train(). `out`: folder of the SAE; one of other settings is refused. */
export interface TrainCall
  extends ActivationsOption,
    TrainingOptions,
    CheckpointOption,
    OutOption,
    SeedOption,
    CallOptions {
  /** Every point of the training log as it is made. */
  onPoint?: (point: TrainProgress) => void;
}

/** The last point of the training log, and what was trained. */
export interface TrainReport {
  /** Folder of the SAE. */
  sae: string;
  architecture: string;
  dIn: number;
  dSae: number;
  /** Of topk and relatives, otherwise null. */
  k: number | null;
  steps: number;
  /** Vectors trained on. */
  vectors: number;
  loss: number;
  l0: number;
  fvu: number;
  /** Latents silent over the dead window. */
  dead: number;
  /** FVU of held-out vectors and of training vectors, some of both; null where none was held out. */
  heldOut: Fit | null;
  /** It was finished already. */
  reused: boolean;
  /** What is unusual about the data or the result, each with its remedy (docs/architectures.md). */
  warnings: string[];
}

export async function train(platform: Platform, options: TrainCall): Promise<TrainReport> {
  const o = checked('train', TRAIN_CALL_OPTIONS, options, [...CALL_OPTIONS, 'onPoint']);
  const { seed } = o;
  const call = await open(platform, options);
  const vectors = await platform.openVectors(o.activations);
  if (vectors.note) call.warn(vectors.note);
  const source = vectors.source('train');
  const settings = trainSettings(o, source.d, seed);
  checkBatch(settings.batch, source.count);
  await platform.ensureFolder(o.out);
  const storage = platform.storage(o.out);
  const { dSae, k, l1, lr } = resolveHyperparameters(settings, source.d);
  const { architecture, steps, batch } = settings;
  call.log(
    `${architecture}, ${source.d} -> ${dSae}${k === undefined ? '' : `, k ${k}`}${l1 === undefined ? '' : `, l1 ${l1}`}, lr ${lr.toPrecision(3)}; ` +
      `${steps} steps of ${batch} of ${source.count} vectors, ${passesText(settings, source.count)}`,
  );
  call.stages.start('train');
  const pool = await platform.pool(call.engine, undefined, call.warn);
  try {
    const {
      log,
      reused,
      warnings = [],
    } = await trainShown(
      { engine: call.engine, pool, progress: call.stages, signal: call.signal },
      'train',
      source,
      {
        storage,
        options: settings,
        origin: { data: vectors.hash, store: vectors.manifest, seed },
        checkpointEvery: o.checkpointEvery,
        onPoint: options.onPoint,
      },
    );
    const last = log[log.length - 1];
    const heldOut = await fitOf(call.engine, await loadSaeFolder(storage), vectors, { pool });
    const doubts = heldOut ? heldOutDoubts(heldOut.fvu, heldOut.trainFvu) : [];
    for (const doubt of doubts) call.warn(doubt);
    call.stages.finish(reused ? 'reused' : trainingText(last));
    return {
      sae: storage.label,
      architecture,
      dIn: source.d,
      dSae,
      k: k ?? null,
      steps: last.steps,
      vectors: source.count,
      loss: last.loss,
      l0: last.l0,
      fvu: last.fvu,
      dead: last.dead,
      ...{ heldOut, reused },
      warnings: [...warnings, ...doubts],
    };
  } finally {
    pool.dispose();
  }
}
