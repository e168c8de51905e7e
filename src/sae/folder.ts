// Training runs and their folders: checkpoints while a run lasts, then the log, the weights
// and cfg.json, in this order, so that a folder with cfg.json is finished. Killed anywhere in
// between, the same run with `resume` ends with the same bytes.

import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import type { VectorSource } from '../vectors/types.js';
import { CHECKPOINT_FILE } from './checkpoint.js';
import { runIdentity } from './identity.js';
import type { TrainResult } from './run.js';
import { CONFIG_FILE, type SaeMetadata, saveSae } from './saelens.js';
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

export interface FolderRun extends Omit<TrainHooks, 'signal' | 'storage'> {
  storage: Storage;
  options: TrainOptions;
  metadata: SaeMetadata;
}

/** A finished run's record; `reused` where it was there already. `error`: what stopped it. */
export type FolderOutcome =
  | (TrainingRecord & { reused: boolean; error?: undefined })
  | { error: Error; reused?: undefined };

/** Trains one SAE into a folder. UsageError: the folder holds another run. */
export async function trainInto(
  engine: Engine,
  source: VectorSource,
  run: FolderRun,
  signal?: AbortSignal,
): Promise<TrainingRecord & { reused: boolean }> {
  const [outcome] = await trainFolders(engine, source, [run], signal);
  if (outcome.error) throw outcome.error;
  return outcome;
}

/**
 * Trains SAEs on one stream of batches, each into its folder. A finished run of the same
 * settings is taken as it is where `resume` is set. UsageError: a folder holds another run.
 */
export async function trainFolders(
  engine: Engine,
  source: VectorSource,
  runs: readonly FolderRun[],
  signal?: AbortSignal,
): Promise<FolderOutcome[]> {
  const outcomes: (FolderOutcome | undefined)[] = runs.map(() => undefined);
  const unlock: (() => Promise<void>)[] = [];
  const started = Date.now();
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
      const errors = await trainMany(engine, source, jobs, signal);
      for (const [i, error] of errors.entries()) if (error) outcomes[jobs[i].at] = { error };
    } catch (error) {
      // The time spent counts; an error of this write would hide the one that matters.
      if (signal?.aborted)
        for (const { folder, at } of unfinished) if (!outcomes[at]) await folder.pause().catch(() => {});
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
  #written = 0;
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
    if (Date.now() - this.#written < LOG_MS) return;
    this.#written = Date.now();
    const text = lines(log);
    this.#writing = this.#writing.then(() => this.#storage.write(LOG_FILE, text)).catch(() => {});
  }

  async finish({ config, tensors, log, warnings }: TrainResult): Promise<TrainingRecord> {
    await this.#writing;
    await this.#storage.write(LOG_FILE, lines(log));
    const record = await this.#record({ run: this.#hash, log, warnings });
    // The settings that other libraries ask for, although encoding does not need them.
    const { k, groups } = resolveHyperparameters(this.#run.options, config.dIn);
    await saveSae(this.#storage, config, tensors, {
      ...this.#run.metadata,
      ...(k !== undefined && { k }),
      ...(groups && { groups: groups.join(',') }),
    });
    await this.#storage.remove(CHECKPOINT_FILE);
    return record;
  }

  async pause(): Promise<void> {
    await this.#writing;
    await this.#record({ log: [] });
  }

  async #record(part: Omit<TrainingRecord, 'seconds'>): Promise<TrainingRecord> {
    const record = { ...part, seconds: this.#secondsBefore + (Date.now() - this.#started) / 1000 };
    await this.#storage.write(TRAINING_FILE, JSON.stringify(record));
    return record;
  }
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
