// The training loop: batches, schedules, progress, checkpoints. Several SAEs can train on
// one stream of batches: vectors are read, scaled and shuffled once for all of them, and
// each SAE has the bits of a run of its own.

import type { Engine } from '../core/engine.js';
import { NumericError, UsageError } from '../core/errors.js';
import { turns } from '../core/turns.js';
import type { Storage } from '../formats/storage.js';
import { Batches } from '../vectors/batches.js';
import type { VectorSource } from '../vectors/types.js';
import { type Stream, TrainingRun, type TrainResult } from './run.js';
import type { TrainOptions } from './settings.js';
import type { TrainProgress } from './types.js';

/** Vectors that starting values are taken from. */
const INITIAL_VECTORS = 8192;

export interface TrainHooks {
  /** A new point of the log, and the log so far. */
  onProgress?: (progress: TrainProgress, log: readonly TrainProgress[]) => void;
  /** After every step. */
  onStep?: (step: number, steps: number) => void;
  /** Aborted: the step is finished, a checkpoint written, the signal's reason thrown. */
  signal?: AbortSignal;
  /** Where checkpoints go; without it none are written. */
  storage?: Storage;
  /** Steps between checkpoints. */
  checkpointEvery?: number;
  /** Continue from the checkpoint in `storage`, if there is one. */
  resume?: boolean;
}

/** One SAE of several on a stream. */
export interface TrainJob extends Omit<TrainHooks, 'signal'> {
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
  );
  if (error) throw error;
  return result!;
}

/**
 * Trains SAEs on one stream of batches; their batch size and data order must be equal.
 * Returns what stopped each, undefined where it finished: one that diverges does not stop
 * the others. Throws the signal's reason after saving all of them.
 */
export async function trainMany(
  engine: Engine,
  source: VectorSource,
  jobs: readonly TrainJob[],
  signal?: AbortSignal,
): Promise<(Error | undefined)[]> {
  const errors: (Error | undefined)[] = jobs.map(() => undefined);
  if (!jobs.length) return errors;
  const { batch } = jobs[0].options;
  const dataSeed = orderOf(jobs[0].options);
  for (const { options } of jobs)
    if (options.batch !== batch || orderOf(options) !== dataSeed)
      throw new UsageError('SAEs on one stream need the same batch size and the same order of the data');
  const stream = shared(source);
  const batches = new Batches(source, batch, dataSeed);
  const runs: (TrainingRun | undefined)[] = [];
  try {
    for (const { options, storage, resume } of jobs)
      runs.push(await TrainingRun.open(engine, stream, options, storage, resume));
    const finish = async (i: number) => {
      const run = runs[i]!;
      await jobs[i].onDone?.(run.result());
      run.dispose();
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
        const stop = (error: unknown): void => {
          errors[i] = error as Error;
          run.dispose();
          runs[i] = undefined;
        };
        try {
          const point = run.advance();
          if (point) job.onProgress?.(point, run.log);
        } catch (error) {
          stop(error);
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
          stop(error);
        }
      }
      if (signal?.aborted && runs.some(Boolean)) signal.throwIfAborted();
      await turn();
    }
    return errors;
  } finally {
    for (const run of runs) run?.dispose();
  }
}

const orderOf = ({ seed, dataSeed }: TrainOptions): number => dataSeed ?? seed;

function shared(source: VectorSource): Stream {
  let scale: Promise<number> | undefined;
  let rows: Promise<Float32Array> | undefined;
  const stream: Stream = {
    source,
    scale: () => {
      scale ??= dataScale(source);
      return scale;
    },
    rows: () => {
      rows ??= stream.scale().then((s) => firstVectors(source, s));
      return rows;
    },
  };
  return stream;
}

/** s with mean ||s x||^2 = D; 1 for data that are all zero. */
async function dataScale(source: VectorSource): Promise<number> {
  let sum = 0;
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  }
  return sum > 0 ? Math.fround(Math.sqrt((source.d * source.count) / sum)) : 1;
}

async function firstVectors(source: VectorSource, scale: number): Promise<Float32Array> {
  const n = Math.min(INITIAL_VECTORS, source.count);
  // Evenly spaced over the set: neighbours come from one image.
  const out = new Float32Array(n * source.d);
  let before = 0;
  let i = 0;
  for (let shard = 0; shard < source.shards.length && i < n; shard++) {
    const x = await source.load(shard);
    for (; i < n; i++) {
      const row = Math.floor((i * source.count) / n) - before;
      if (row >= source.shards[shard]) break;
      for (let j = 0; j < source.d; j++) out[i * source.d + j] = x[row * source.d + j] * scale;
    }
    before += source.shards[shard];
  }
  return out;
}

/** The batch of a step, scaled, into every run that takes it. Runs on one stream have one scale. */
async function fill(runs: readonly TrainingRun[], batches: Batches, step: number): Promise<void> {
  const [first, ...others] = runs;
  const { scale } = first;
  await batches.read(step, (i, vector) => {
    const { rows, stride } = first.batch;
    for (let j = 0; j < vector.length; j++) rows[i * stride + j] = vector[j] * scale;
  });
  for (const other of others) other.batch.rows.set(first.batch.rows);
}
