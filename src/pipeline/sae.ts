// The stage of the SAE: a store's vectors -> a trained SAE.
import type { Engine } from '../core/engine.js';
import { trainInto } from '../sae/folder.js';
import { loadSaeFolder, type SaeFolder } from '../sae/saelens.js';
import type { TrainOptions } from '../sae/settings.js';
import type { TrainProgress } from '../sae/types.js';
import type { Vectors } from '../vectors/store.js';
import { DEFAULTS } from './defaults.js';
import type { StageEnvironment } from './environment.js';
import { saeIdentity } from './identity.js';
import { showTraining, trainingText } from './progress.js';
import { type Origin, provenance } from './provenance.js';
import { runStage, type StageOutcome } from './stage.js';

export interface TrainedSae {
  folder: SaeFolder;
  log: TrainProgress[];
}

/** Trains on the `train` split, goes on with what was interrupted, or takes what is finished. */
export async function saeStage(
  env: StageEnvironment & { engine: Engine },
  vectors: Vectors,
  options: TrainOptions,
  origin: Origin,
): Promise<StageOutcome<TrainedSae>> {
  const { engine, progress, signal } = env;
  const source = vectors.source('train');
  return runStage(env.out, progress, {
    name: 'sae',
    identity: saeIdentity(engine.info(), source, options),
    complete: async (storage) => {
      const show = showTraining(progress, 'sae');
      const { log, seconds, reused } = await trainInto(
        engine,
        source,
        {
          ...{ storage, options, resume: true },
          checkpointEvery: DEFAULTS.checkpointEvery,
          onProgress: (point) => show.onProgress(point),
          onStep: show.onStep,
          onWarning: (message) => show.onWarning(message),
          metadata: provenance(origin),
        },
        signal,
      );
      return { value: { folder: await loadSaeFolder(storage), log }, seconds, reused };
    },
    summary: ({ log }) => `${options.dSae} latents, ${trainingText(log[log.length - 1])}`,
  });
}
