// The stage of the SAE: a store's vectors -> trained SAEs, of one seed or of several.
import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import { type FolderOutcome, type FolderRun, trainInto } from '../sae/folder.js';
import { trainLanes } from '../sae/lanes.js';
import { loadSaeFolder, type SaeFolder } from '../sae/saelens.js';
import type { TrainOptions } from '../sae/settings.js';
import type { TrainProgress } from '../sae/types.js';
import type { Vectors } from '../vectors/store.js';
import type { VectorSource } from '../vectors/types.js';
import { DEFAULTS } from './defaults.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { passesDoubts, passesText } from './held-out.js';
import { saeIdentity } from './identity.js';
import { type StageProgress, showTraining, trainingText } from './progress.js';
import { type Origin, provenance } from './provenance.js';
import { type Completed, runStages, type StageOutcome } from './stage.js';

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
  { engine, pool, progress, signal }: Omit<StageEnvironment, 'out'> & { engine: Engine; pool?: Pool },
  stage: string,
  source: VectorSource,
  training: ShownTraining,
): ReturnType<typeof trainInto> {
  const show = showTraining(progress, stage);
  const doubts = passesDoubts(training.options, source.count);
  for (const message of doubts) show.onWarning(message);
  const outcome = await trainInto(engine, source, shownRun(progress, show, training), signal, pool);
  repeatWarnings(show, outcome);
  return { ...outcome, warnings: [...doubts, ...(outcome.warnings ?? [])] };
}

type Show = ReturnType<typeof showTraining>;

function shownRun(
  progress: StageProgress,
  show: Show,
  { storage, options, origin, resume = true, checkpointEvery, remake = false, onPoint }: ShownTraining,
  i = 0,
): FolderRun {
  return {
    ...{ storage, options, resume },
    checkpointEvery: checkpointEvery ?? DEFAULTS.checkpointEvery,
    onProgress: (point) => {
      if (i === 0) show.onProgress(point);
      onPoint?.(point);
    },
    onStep: (step, steps) => show.onStep(step, steps, i),
    onWarning: (message) => show.onWarning(message),
    ...(remake && { onRemade: (message: string) => progress.warn?.(message) }),
    metadata: provenance(origin),
  };
}

/** What was said of a run that is reused concerns who reuses it. */
function repeatWarnings(
  show: Show,
  { reused, warnings = [] }: Exclude<FolderOutcome, { error: Error }>,
): void {
  if (reused) for (const message of warnings) show.onWarning(message);
}

/** Trains on the `train` split, goes on with what was interrupted, or takes what is finished. */
export async function saeStage(
  env: StageEnvironment & Pick<Pictures, 'engine' | 'pool'>,
  vectors: Vectors,
  options: TrainOptions,
  origin: Origin,
): Promise<StageOutcome<TrainedSae>> {
  const [trained] = await saeStages(env, vectors, [options], () => origin);
  return trained;
}

/** SAEs of one stream, each with a folder of its own, on all threads of the pool. The first one is shown. */
export async function saeStages(
  env: StageEnvironment & Pick<Pictures, 'engine' | 'pool'>,
  vectors: Vectors,
  several: readonly TrainOptions[],
  origin: (options: TrainOptions) => Origin,
): Promise<StageOutcome<TrainedSae>[]> {
  const { engine, pool, progress, signal } = env;
  const source = vectors.source('train');
  return runStages(env.out, progress, {
    name: 'sae',
    identities: several.map((options) => saeIdentity(engine.info(), source, options)),
    complete: async (folders) => {
      const show = showTraining(progress, 'sae');
      const doubts = passesDoubts(several[0], source.count);
      for (const message of doubts) show.onWarning(message);
      const runs = several.map((options, i) =>
        shownRun(progress, show, { storage: folders[i], options, origin: origin(options), remake: true }, i),
      );
      const outcomes = await trainLanes(engine, pool, source, runs, signal);
      const completed: Completed<TrainedSae>[] = [];
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.error) throw outcome.error;
        repeatWarnings(show, outcome);
        const { log, warnings = [], seconds, reused } = outcome;
        const folder = await loadSaeFolder(folders[i]);
        const passes = (several[i].steps * several[i].batch) / source.count;
        completed.push({
          value: { folder, log, warnings: [...doubts, ...warnings], passes },
          seconds,
          reused,
        });
      }
      return completed;
    },
    summary: ([{ log }]) =>
      `${several[0].dSae} latents, ${several.length > 1 ? `${several.length} seeds, ` : ''}${trainingText(log[log.length - 1])}, ${passesText(several[0], source.count)}`,
  });
}
