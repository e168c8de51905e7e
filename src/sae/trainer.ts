// The training loop: batches, schedules, progress, checkpoints. Several SAEs can train on
// one stream of batches: vectors are read, scaled and shuffled once for all of them, and
// each SAE has the bits of a run of its own.

import type { Engine } from '../core/engine.js';
import { NumericError, UsageError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { LostThreadError } from '../core/team.js';
import { turns } from '../core/turns.js';
import type { Storage } from '../formats/storage.js';
import { Batches } from '../vectors/batches.js';
import type { VectorSource } from '../vectors/types.js';
import { applyToRows } from './prepare.js';
import { type Threads, TrainingRun, type TrainResult } from './run.js';
import type { TrainOptions } from './settings.js';
import type { SlicesChoice } from './slices/open.js';
import type { TrainProgress } from './types.js';

export interface TrainHooks {
  /** A new point of the log, and the log so far. */
  onProgress?: (progress: TrainProgress, log: readonly TrainProgress[]) => void;
  /** What is unusual about the data, before the first step, or about the result, after the last. */
  onWarning?: (message: string) => void;
  /** After every step. */
  onStep?: (step: number, steps: number) => void;
  /** Aborted: the step is finished, a checkpoint written, the signal's reason thrown. */
  signal?: AbortSignal;
  /** Threads that the steps of a single SAE are cut over, with this one, where that is faster. Never changes a bit. */
  pool?: Pool;
  /** auto: where that is faster; always: for tests and measurements. */
  slices?: SlicesChoice;
  /** Where checkpoints go; without it none are written. */
  storage?: Storage;
  /** Steps between checkpoints. */
  checkpointEvery?: number;
  /** Continue from the checkpoint in `storage`, if there is one. */
  resume?: boolean;
}

/** One SAE of several on a stream. */
export interface TrainJob extends Omit<TrainHooks, 'signal' | 'pool' | 'slices'> {
  options: TrainOptions;
  /** Its result, as soon as it is there. Its memory is given back after that. */
  onDone?: (result: TrainResult) => Promise<void>;
}

/** Trains one SAE. UsageError: settings; NumericError: the loss is no number any more. */
export async function trainSae(
  engine: Engine,
  source: VectorSource,
  options: TrainOptions,
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  let result: TrainResult | undefined;
  const [error] = await trainMany(
    engine,
    source,
    [
      {
        options,
        ...hooks,
        onDone: async (r) => {
          result = r;
        },
      },
    ],
    hooks.signal,
    hooks.pool && { pool: hooks.pool, slices: hooks.slices },
  );
  if (error) throw error;
  return result!;
}

/**
 * Trains SAEs on one stream of batches; their batch size and data order must be equal.
 * Returns what stopped each, undefined where it finished: one that diverges does not stop
 * the others. Throws the signal's reason after saving all of them. The steps of one SAE alone are cut over
 * this thread and `threads`.
 */
export async function trainMany(
  engine: Engine,
  source: VectorSource,
  jobs: readonly TrainJob[],
  signal?: AbortSignal,
  threads?: Threads,
): Promise<(Error | undefined)[]> {
  const errors: (Error | undefined)[] = jobs.map(() => undefined);
  if (!jobs.length) return errors;
  const { batch } = jobs[0].options;
  const dataSeed = orderOf(jobs[0].options);
  for (const { options } of jobs)
    if (options.batch !== batch || orderOf(options) !== dataSeed)
      throw new UsageError('SAEs on one stream need the same batch size and the same order of the data');
  // Several SAEs are spread over threads as a whole (lanes.ts).
  const own = jobs.length === 1 ? threads : undefined;
  const batches = new Batches(source, batch, dataSeed);
  const runs: (TrainingRun | undefined)[] = [];
  try {
    const told = jobs.map(() => new Set<string>());
    const tell = (i: number) => {
      for (const message of runs[i]!.warnings) if (!told[i].has(message)) jobs[i].onWarning?.(message);
      for (const message of runs[i]!.warnings) told[i].add(message);
    };
    for (const [i, { options, storage, resume }] of jobs.entries()) {
      runs.push(await TrainingRun.open(engine, source, options, storage, resume, own));
      tell(i);
    }
    const finish = async (i: number) => {
      const run = runs[i]!;
      tell(i);
      await jobs[i].onDone?.(run.result());
      await run.dispose();
      runs[i] = undefined;
    };
    for (let i = 0; i < runs.length; i++) if (runs[i]!.done) await finish(i);
    const turn = turns();
    for (let t = Math.min(...runs.map((r) => r?.step ?? Number.POSITIVE_INFINITY)); runs.some(Boolean); t++) {
      const due = runs.flatMap((run, i) => (run?.step === t ? [{ run, i, job: jobs[i] }] : []));
      await fill(
        due.map((d) => d.run),
        batches,
        t,
      );
      for (const { run, i, job } of due) {
        const stop = async (error: unknown): Promise<void> => {
          errors[i] = error as Error;
          await run.dispose();
          runs[i] = undefined;
        };
        try {
          const point = await run.advance();
          if (point) job.onProgress?.(point, run.log);
        } catch (error) {
          await stop(error instanceof LostThreadError ? await run.lost(error) : error);
          continue;
        }
        job.onStep?.(run.step, job.options.steps);
        if (run.done) {
          await finish(i);
          continue;
        }
        if (!signal?.aborted && !(job.checkpointEvery && run.step % job.checkpointEvery === 0)) continue;
        try {
          await run.save();
        } catch (error) {
          // What the disk says concerns all of them.
          if (!(error instanceof NumericError)) throw error;
          await stop(error);
        }
      }
      if (signal?.aborted && runs.some(Boolean)) signal.throwIfAborted();
      await turn();
    }
    return errors;
  } finally {
    for (const run of runs) await run?.dispose();
  }
}

const orderOf = ({ seed, dataSeed }: TrainOptions): number => dataSeed ?? seed;

/** The batch of a step, prepared, into every run that takes it. Most runs share their preparation. */
async function fill(runs: readonly TrainingRun[], batches: Batches, step: number): Promise<void> {
  const [first, ...others] = runs;
  const { preparation } = first;
  const { d } = batches;
  await batches.read(step, (i, from, places) => {
    const { rows, stride } = first.batch;
    applyToRows(preparation, d, from, places, rows, i * stride, stride);
  });
  const same = others.filter((run) => run.preparation === first.preparation);
  for (const other of same) other.batch.rows.set(first.batch.rows);
  const rest = others.filter((run) => run.preparation !== first.preparation);
  if (rest.length) await fill(rest, batches, step);
}
