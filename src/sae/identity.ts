// What a training run is: everything that determines its result. Whatever names or compares runs
// (checkpoints, finished folders, stages of a job) takes it from here.
import type { EngineInfo } from '../core/engine.js';
import { type Numerics, numericsOf } from '../core/features.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import type { RunIdentity } from '../formats/state-file.js';
import type { VectorSource } from '../vectors/types.js';
import type { Hyperparameters } from './hyperparameters.js';
import { resolveHyperparameters, type TrainOptions } from './settings.js';

export interface TrainingFacts {
  hyperparameters: Hyperparameters;
  architecture: string;
  batch: number;
  steps: number;
  seed: number;
  /** Undefined: the order of the data is that of `seed`. */
  dataSeed: number | undefined;
  /** VectorSource.hash */
  data: string;
  numerics: Numerics;
}

/** UsageError where no run can have these options. */
export function trainingFacts(
  { build }: Pick<EngineInfo, 'build'>,
  { d, hash }: Pick<VectorSource, 'd' | 'hash'>,
  options: TrainOptions,
): TrainingFacts {
  const { architecture, batch, steps, seed, dataSeed } = options;
  return {
    hyperparameters: resolveHyperparameters(options, d),
    ...{ architecture, batch, steps, seed, dataSeed },
    data: hash,
    numerics: numericsOf(build),
  };
}

export async function runIdentity(
  info: Pick<EngineInfo, 'build' | 'buildId'>,
  source: Pick<VectorSource, 'd' | 'hash'>,
  options: TrainOptions,
): Promise<RunIdentity> {
  const { hyperparameters, ...facts } = trainingFacts(info, source, options);
  const config = canonicalJson({ ...hyperparameters, ...facts });
  return { config, configHash: await sha256(config), buildId: info.buildId };
}
