// A training run and its folder: checkpoints while it runs, then the log, the weights and
// cfg.json, in this order, so that a folder with cfg.json is finished. Killed anywhere in
// between, the same run with `resume` ends with the same bytes.
import type { VectorSource } from '../activations/types.js';
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import { CHECKPOINT_FILE } from './checkpoint.js';
import { runHash } from './run.js';
import { CONFIG_FILE, type SaeMetadata, saveSae } from './saelens.js';
import type { TrainOptions } from './settings.js';
import { type TrainHooks, trainSae } from './trainer.js';
import type { TrainProgress } from './types.js';

export const TRAINING_FILE = 'training.json';

/** training.json */
export interface TrainingRecord {
  /** What determined the result: run.runHash. Absent while the run is unfinished. */
  run?: string;
  log: TrainProgress[];
  /** Of training, over all its resumed parts. */
  seconds: number;
}

export interface FolderHooks extends Omit<TrainHooks, 'storage'> {
  metadata: SaeMetadata;
}

/**
 * Trains into `storage` and returns the log; a finished run of the same settings is
 * returned as it is when `resume` is set. UsageError: the folder holds another run.
 */
export async function trainInto(
  storage: Storage,
  engine: Engine,
  source: VectorSource,
  options: TrainOptions,
  { metadata, ...hooks }: FolderHooks,
): Promise<TrainingRecord & { reused: boolean }> {
  const run = await runHash(engine, source, options);
  const unlock = await storage.lock();
  try {
    const record = await readRecord(storage);
    if ((await storage.size(CONFIG_FILE)) !== undefined) {
      if (!hooks.resume || record.run !== run)
        throw new UsageError(
          `${storage.label}: already holds a finished SAE, which is kept; choose another folder`,
        );
      await storage.remove(CHECKPOINT_FILE);
      return { ...record, reused: true };
    }
    if (!hooks.resume && (await storage.size(CHECKPOINT_FILE)) !== undefined)
      throw new UsageError(
        `${storage.label}: holds an unfinished run; continue it with --resume, or choose another folder`,
      );
    const started = Date.now();
    const write = async (part: Omit<TrainingRecord, 'seconds'>): Promise<TrainingRecord> => {
      const done = { ...part, seconds: record.seconds + (Date.now() - started) / 1000 };
      await storage.write(TRAINING_FILE, JSON.stringify(done));
      return done;
    };
    let trained: Awaited<ReturnType<typeof trainSae>>;
    try {
      trained = await trainSae(engine, source, options, { ...hooks, storage });
    } catch (error) {
      // The time spent counts; an error of this write would hide the one that matters.
      if (hooks.signal?.aborted) await write({ log: [] }).catch(() => {});
      throw error;
    }
    const done = await write({ run, log: trained.log });
    await saveSae(storage, trained.config, trained.tensors, metadata);
    await storage.remove(CHECKPOINT_FILE);
    return { ...done, reused: false };
  } finally {
    await unlock();
  }
}

async function readRecord(storage: Storage): Promise<TrainingRecord> {
  if ((await storage.size(TRAINING_FILE)) === undefined) return { log: [], seconds: 0 };
  try {
    return JSON.parse(new TextDecoder().decode(await storage.read(TRAINING_FILE))) as TrainingRecord;
  } catch {
    throw new InputError(`${storage.label}/${TRAINING_FILE}: is not valid JSON; remove it`);
  }
}
