// The SAEs of a grid from one stream of activations, and the metrics of each on vectors that training did
// not see.
import type { Engine } from '../../core/engine.js';
import type { Pool } from '../../core/pool.js';
import type { Storage } from '../../formats/storage.js';
import type { FolderOutcome } from '../../sae/folder.js';
import { LoadedSae } from '../../sae/inference.js';
import { trainLanes } from '../../sae/lanes.js';
import { evaluate } from '../../sae/metrics.js';
import { loadSaeFolder, type SaeFolder, type SaeMetadata } from '../../sae/saelens.js';
import type { TrainProgress } from '../../sae/types.js';
import type { VectorSource } from '../../vectors/types.js';
import type { SweepRow, SweepSpec } from './types.js';

export interface SweepEnvironment {
  engine: Engine;
  pool: Pool;
  train: VectorSource;
  /** Vectors for the metrics. */
  evaluation: VectorSource;
  /** Folder that holds one folder per SAE. */
  storage: Storage;
  metadata: SaeMetadata;
  checkpointEvery?: number;
  signal?: AbortSignal;
  /** Points of one SAE's log. */
  onTraining?: (name: string, point: TrainProgress) => void;
  /** What is unusual about the data or about one SAE. */
  onWarning?: (name: string, message: string) => void;
  /** After every step of the i-th SAE. */
  onStep?: (step: number, steps: number, i: number) => void;
  /** A finished SAE is damaged, and is trained again; unless given it is refused. */
  onRemade?: (message: string) => void;
  onTrained?: () => void;
  onEvaluated?: (done: number, total: number) => void;
}

export interface SweepOutcome {
  rows: SweepRow[];
  /** In the order of the rows; undefined where training failed. */
  folders: (SaeFolder | undefined)[];
  logs: Record<string, TrainProgress[]>;
  /** Of training: the longest record of an SAE, as they train side by side; reused ones count. */
  seconds: number;
}

/** Trains what is not there yet, on one stream, each SAE in its folder. */
export const trainSpecs = (
  env: Omit<SweepEnvironment, 'evaluation' | 'onTrained' | 'onEvaluated'>,
  specs: readonly SweepSpec[],
): Promise<FolderOutcome[]> =>
  trainLanes(
    env.engine,
    env.pool,
    env.train,
    specs.map(({ name, options }, i) => ({
      storage: env.storage.sub(name),
      options,
      resume: true,
      checkpointEvery: env.checkpointEvery,
      metadata: { ...env.metadata, seed: options.seed },
      onProgress: (point) => env.onTraining?.(name, point),
      onWarning: (message) => env.onWarning?.(name, message),
      onStep: (step, steps) => env.onStep?.(step, steps, i),
      ...(env.onRemade && { onRemade: env.onRemade }),
    })),
    env.signal,
  );

/** Trains what is not there yet, and evaluates every SAE. */
export async function sweep(env: SweepEnvironment, specs: readonly SweepSpec[]): Promise<SweepOutcome> {
  const { engine, storage, signal } = env;
  const outcomes = await trainSpecs(env, specs);
  env.onTrained?.();
  const rows: SweepRow[] = [];
  const folders: (SaeFolder | undefined)[] = [];
  const logs: Record<string, TrainProgress[]> = {};
  for (const [i, { name, options, knob }] of specs.entries()) {
    const row: SweepRow = { name, architecture: options.architecture, knob, dSae: options.dSae };
    const outcome = outcomes[i];
    rows.push(row);
    if (outcome.error) {
      row.error = outcome.error.message;
      folders.push(undefined);
      continue;
    }
    signal?.throwIfAborted();
    logs[name] = outcome.log;
    const folder = await loadSaeFolder(storage.sub(name));
    folders.push(folder);
    const sae = new LoadedSae(engine, folder.config, folder.tensors);
    try {
      Object.assign(row, { folder: name }, await evaluate(sae, env.evaluation, env));
    } finally {
      sae.dispose();
    }
    env.onEvaluated?.(i + 1, specs.length);
  }
  const seconds = outcomes.reduce((most, o) => (o.error ? most : Math.max(most, o.seconds)), 0);
  return { rows, folders, logs, seconds };
}
