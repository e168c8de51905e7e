// Training runs and their folders: checkpoints while a run lasts, then the log, the weights, checksums
// and cfg.json, in this order, so that a folder with cfg.json is finished. Killed anywhere in
// between, the same run with `resume` ends with the same bytes.

import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { CHECKSUMS_FILE, damageOf, writeFinished } from '../formats/checksums.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import type { VectorSource } from '../vectors/types.js';
import { CHECKPOINT_FILE } from './checkpoint.js';
import { runIdentity } from './identity.js';
import type { TrainResult } from './run.js';
import { CONFIG_FILE, encodeSae, type SaeMetadata, WEIGHTS_FILE } from './saelens.js';
import { resolveHyperparameters, type TrainOptions } from './settings.js';
import { type TrainHooks, type TrainJob, trainMany } from './trainer.js';
import type { TrainProgress } from './types.js';

export const TRAINING_FILE = 'training.json';
/** The log as it grows, a JSON object a line. */
export const LOG_FILE = 'log.jsonl';
/** The growing log is written this often at most. */
const LOG_MS = 2000;

/** training.json */
export interface TrainingRecord {
  /** What determined the result: `configHash` of its identity. Absent while the run is unfinished. */
  run?: string;
  log: TrainProgress[];
  /** Of training, over all its resumed parts. */
  seconds: number;
  /** What is unusual about the data or the result. Records of older versions lack it. */
  warnings?: string[];
}

export interface FolderRun extends Omit<TrainHooks, 'signal' | 'storage' | 'pool' | 'slices'> {
  storage: Storage;
  options: TrainOptions;
  metadata: SaeMetadata;
  /** Told why a finished SAE that is damaged is trained again; without it, it is refused. */
  onRemade?: (message: string) => void;
}

/** A finished run's record; `reused` where it was there already. `error`: what stopped it. */
export type FolderOutcome =
  | (TrainingRecord & { reused: boolean; error?: undefined })
  | { error: Error; reused?: undefined };

/** Trains one SAE into a folder, its steps on this thread and on those of `pool`. UsageError: the folder holds another run. */
export async function trainInto(
  engine: Engine,
  source: VectorSource,
  run: FolderRun,
  signal?: AbortSignal,
  pool?: Pool,
): Promise<TrainingRecord & { reused: boolean }> {
  const [outcome] = await trainFolders(engine, source, [run], signal, pool);
  if (outcome.error) throw outcome.error;
  return outcome;
}

/**
 * Trains SAEs on one stream of batches, each into its folder. A finished run of the same
 * settings is taken as it is where `resume` is set. The steps of a single run are cut over this thread and those
 * of `pool`. UsageError: a folder holds another run.
 */
export async function trainFolders(
  engine: Engine,
  source: VectorSource,
  runs: readonly FolderRun[],
  signal?: AbortSignal,
  pool?: Pool,
): Promise<FolderOutcome[]> {
  const outcomes: (FolderOutcome | undefined)[] = runs.map(() => undefined);
  const unlock: (() => Promise<void>)[] = [];
  const started = performance.now();
  try {
    const jobs: (TrainJob & { at: number })[] = [];
    const unfinished: { folder: Folder; at: number }[] = [];
    for (const [at, run] of runs.entries()) {
      unlock.push(await run.storage.lock());
      const folder = await Folder.open(engine, source, run, started);
      if (folder.finished) {
        outcomes[at] = { ...folder.finished, reused: true };
        continue;
      }
      unfinished.push({ folder, at });
      jobs.push({
        ...run,
        at,
        onProgress: (point, log) => {
          folder.follow(log);
          run.onProgress?.(point, log);
        },
        onDone: async (result) => {
          outcomes[at] = { ...(await folder.finish(result)), reused: false };
        },
      });
    }
    try {
      const errors = await trainMany(engine, source, jobs, signal, pool && { pool });
      for (const [i, error] of errors.entries())
        if (error) {
          outcomes[jobs[i].at] = { error };
          await unfinished[i].folder.abandon();
        }
    } catch (error) {
      for (const { folder, at } of unfinished)
        if (!outcomes[at]) await (signal?.aborted ? folder.pause() : folder.abandon());
      throw error;
    }
    return outcomes as FolderOutcome[];
  } finally {
    for (const release of unlock) await release();
  }
}

class Folder {
  /** The record of a run that is done already. */
  finished: TrainingRecord | undefined;
  #storage: Storage;
  #run: FolderRun;
  #hash: string;
  #secondsBefore: number;
  #started: number;
  #written = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  private constructor(run: FolderRun, hash: string, secondsBefore: number, started: number) {
    this.#storage = run.storage;
    this.#run = run;
    this.#hash = hash;
    this.#secondsBefore = secondsBefore;
    this.#started = started;
  }

  static async open(engine: Engine, source: VectorSource, run: FolderRun, started: number): Promise<Folder> {
    const { storage, options, resume } = run;
    const { configHash: hash } = await runIdentity(engine.info(), source, options);
    if (resume) await giveUpDamaged(run);
    const record = await readRecord(storage);
    const folder = new Folder(run, hash, record.seconds, started);
    if ((await storage.size(CONFIG_FILE)) !== undefined) {
      if (!resume || record.run !== hash)
        throw new UsageError(
          `${storage.label}: already holds a finished SAE, which is kept; choose another folder`,
        );
      await storage.remove(CHECKPOINT_FILE);
      folder.finished = record;
    } else if (!resume && (await storage.size(CHECKPOINT_FILE)) !== undefined)
      throw new UsageError(
        `${storage.label}: holds an unfinished run; continue it with {resume: true}, or choose another folder`,
      );
    return folder;
  }

  /** Writes the log beside the training, which does not wait for it. */
  follow(log: readonly TrainProgress[]): void {
    if (performance.now() - this.#written < LOG_MS) return;
    this.#written = performance.now();
    const text = lines(log);
    this.#writing = this.#writing.then(() => this.#storage.write(LOG_FILE, text)).catch(() => {});
  }

  async finish({ config, tensors, log, warnings }: TrainResult): Promise<TrainingRecord> {
    await this.#writing;
    const record = this.#record({ run: this.#hash, log, warnings });
    // The settings that other libraries ask for, although encoding does not need them.
    const { k, groups } = resolveHyperparameters(this.#run.options, config.dIn);
    const sae = encodeSae(config, tensors, {
      ...this.#run.metadata,
      ...(k !== undefined && { k }),
      ...(groups && { groups: groups.join(',') }),
    });
    await writeFinished(this.#storage, {
      [LOG_FILE]: lines(log),
      [TRAINING_FILE]: JSON.stringify(record),
      ...sae,
    });
    await this.#storage.remove(CHECKPOINT_FILE);
    return record;
  }

  /** The time spent counts. An error of this write would hide the one that matters. */
  async pause(): Promise<void> {
    await this.#writing;
    const record = JSON.stringify(this.#record({ log: [] }));
    await this.#storage.write(TRAINING_FILE, record).catch(() => {});
  }

  /** Nothing stays of a run that failed before its first checkpoint. */
  async abandon(): Promise<void> {
    await this.#writing;
    try {
      for (const file of [CHECKPOINT_FILE, CONFIG_FILE])
        if ((await this.#storage.size(file)) !== undefined) return;
      for (const file of [LOG_FILE, TRAINING_FILE, WEIGHTS_FILE, CHECKSUMS_FILE])
        await this.#storage.remove(file);
    } catch {
      // what failed before is what is told
    }
  }

  #record(part: Omit<TrainingRecord, 'seconds'>): TrainingRecord {
    return { ...part, seconds: this.#secondsBefore + (performance.now() - this.#started) / 1000 };
  }
}

/** A finished SAE that is not as it was written is left for training from the start, or refused. */
async function giveUpDamaged({ storage, onRemade }: FolderRun): Promise<void> {
  if ((await storage.size(CONFIG_FILE)) === undefined) return;
  const lost = (await storage.size(WEIGHTS_FILE)) === undefined;
  const damage = lost ? `${storage.label}/${WEIGHTS_FILE}: is missing` : await damageOf(storage);
  if (damage === undefined) return;
  if (!onRemade)
    throw new InputError(
      `${damage}; remove ${CONFIG_FILE} there to train it again, or ${CHECKSUMS_FILE} if the change is meant`,
    );
  onRemade(`${damage}; trained again`);
  for (const file of [CONFIG_FILE, CHECKSUMS_FILE, TRAINING_FILE, CHECKPOINT_FILE])
    await storage.remove(file);
}

const lines = (log: readonly TrainProgress[]): string => log.map((p) => `${JSON.stringify(p)}\n`).join('');

/** What a folder says of its training; InputError where it is damaged. */
export async function readRecord(storage: Storage): Promise<TrainingRecord> {
  if ((await storage.size(TRAINING_FILE)) === undefined) return { log: [], seconds: 0 };
  const label = `${storage.label}/${TRAINING_FILE}`;
  const record: Record<string, unknown> = parseJsonObject(
    await storage.read(TRAINING_FILE),
    label,
    'remove it',
  );
  const points = Array.isArray(record.log) && record.log.every((p) => Number.isSafeInteger(p?.step));
  if (!points || typeof record.seconds !== 'number')
    throw new InputError(`${label}: lacks its log or its seconds; remove it`);
  return record as unknown as TrainingRecord;
}
