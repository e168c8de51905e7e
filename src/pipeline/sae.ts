// The stage of the SAE: a store's vectors -> a trained SAE.
import type { Engine } from '../core/engine.js';
import type { Storage } from '../formats/storage.js';
import { trainInto } from '../sae/folder.js';
import { loadSaeFolder, type SaeFolder } from '../sae/saelens.js';
import type { TrainOptions } from '../sae/settings.js';
import type { TrainProgress } from '../sae/types.js';
import type { Vectors } from '../vectors/store.js';
import type { VectorSource } from '../vectors/types.js';
import { DEFAULTS } from './defaults.js';
import type { StageEnvironment } from './environment.js';
import { passesDoubts, passesText } from './held-out.js';
import { saeIdentity } from './identity.js';
import { showTraining, trainingText } from './progress.js';
import { type Origin, provenance } from './provenance.js';
import { runStage, type StageOutcome } from './stage.js';

export interface TrainedSae {
  folder: SaeFolder;
  log: TrainProgress[];
  /** What is unusual about the data or the result. */
  warnings: string[];
  /** How often training saw each vector. */
  passes: number;
}

export interface ShownTraining {
  /** The SAE's folder. */
  storage: Storage;
  options: TrainOptions;
  origin: Origin;
  /** False: a folder that holds anything already is refused. */
  resume?: boolean;
  checkpointEvery?: number;
  /** A finished SAE that is damaged is trained again instead of refused. */
  remake?: boolean;
  /** Every new point of the log. */
  onPoint?: (point: TrainProgress) => void;
}

/** Trains an SAE into a folder and shows it as the stage that was started. UsageError: the folder holds another run. */
export async function trainShown(
  { engine, progress, signal }: Omit<StageEnvironment, 'out'> & { engine: Engine },
  stage: string,
  source: VectorSource,
  { storage, options, origin, resume = true, checkpointEvery, remake = false, onPoint }: ShownTraining,
): ReturnType<typeof trainInto> {
  const show = showTraining(progress, stage);
  const doubts = passesDoubts(options, source.count);
  for (const message of doubts) show.onWarning(message);
  const outcome = await trainInto(
    engine,
    source,
    {
      ...{ storage, options, resume },
      checkpointEvery: checkpointEvery ?? DEFAULTS.checkpointEvery,
      onProgress: (point) => {
        show.onProgress(point);
        onPoint?.(point);
      },
      onStep: show.onStep,
      onWarning: (message) => show.onWarning(message),
      ...(remake && { onRemade: (message: string) => progress.warn?.(message) }),
      metadata: provenance(origin),
    },
    signal,
  );
  // What was said of a run that is reused concerns who reuses it.
  if (outcome.reused) for (const message of outcome.warnings ?? []) show.onWarning(message);
  return { ...outcome, warnings: [...doubts, ...(outcome.warnings ?? [])] };
}

/** Trains on the `train` split, goes on with what was interrupted, or takes what is finished. */
export async function saeStage(
  env: StageEnvironment & { engine: Engine },
  vectors: Vectors,
  options: TrainOptions,
  origin: Origin,
): Promise<StageOutcome<TrainedSae>> {
  const { engine, progress } = env;
  const source = vectors.source('train');
  return runStage(env.out, progress, {
    name: 'sae',
    identity: saeIdentity(engine.info(), source, options),
    complete: async (storage) => {
      const {
        log,
        warnings = [],
        seconds,
        reused,
      } = await trainShown(env, 'sae', source, { storage, options, origin, remake: true });
      const passes = (options.steps * options.batch) / source.count;
      return { value: { folder: await loadSaeFolder(storage), log, warnings, passes }, seconds, reused };
    },
    summary: ({ log }) =>
      `${options.dSae} latents, ${trainingText(log[log.length - 1])}, ${passesText(options, source.count)}`,
  });
}
