// The main job (DESIGN 5, `run`): network -> images -> activations -> SAE -> curves ->
// result. Every stage writes its own folder, named by the hash of what made it, so that
// repeating the job reuses what is finished and nothing is overwritten.

import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import type { Model } from '../network/types.js';
import { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import type { TrainOptions } from '../sae/settings.js';
import type { SaeMetrics, TrainProgress } from '../sae/types.js';
import type { CurveOptions } from '../study/curves/options.js';
import type { ActivationStatistics } from '../study/curves/statistics.js';
import { studyCurves } from '../study/curves/study.js';
import type { TuningCurves } from '../study/curves/tuning.js';
import type { CurveResult } from '../study/curves/types.js';
import { type GroundTruth, scoreGroundTruth } from '../units/planted.js';
import { activationsStage, curvesStage, saeStage } from './stages.js';

export interface JobOptions {
  tap: string;
  perImage: number;
  reference: number;
  sample: 'uniform' | 'norm';
  excludeBorder: boolean;
  seed: number;
  train: Omit<TrainOptions, 'dSae'> & { dSae?: number; expansion: number };
  curves: CurveOptions;
}

/** What the job needs of its surroundings. */
export interface JobEnvironment {
  engine: Engine;
  pool: Pool;
  model: Model & { groundTruth?: GroundTruth };
  images: readonly ImageRef[];
  imagesHash: string;
  out: Storage;
  version: string;
  inputs?: JobInputs;
  signal?: AbortSignal;
  /** A stage begins, moves, ends. */
  progress: {
    start(stage: string, first?: number): void;
    update(done: number, total: number, unit: string, detail?: string): void;
    finish(summary: string): void;
  };
}

/** `result.json`, exactly (DESIGN 5); keys below `seconds` are additions. */
export interface JobResult {
  version: string;
  model: { name: string; architecture: string; sha256: string };
  tap: string;
  build: string;
  seed: number;
  activations: { images: number; vectors: number; dIn: number };
  sae: {
    architecture: string;
    dIn: number;
    dSae: number;
    k: number | null;
    l0: number;
    fvu: number;
    gamma: number;
    deadFraction: number;
  };
  curves: CurveResult;
  groundTruth?: { recovered: number; total: number; meanMaxCosine: number };
  seconds: Record<string, number>;
  report: string;
  /** Chain of identities: image set -> weights -> store -> SAE. */
  hashes: { images: string; weights: string; store: string; sae: string; curves: string };
  /** Folders of the stages, relative to the result. */
  paths: { activations: string; sae: string; curves: string };
  /** How the vectors were drawn, for training and for the held-out metrics alike. */
  sampling: { sample: 'uniform' | 'norm'; perImage: number; excludeBorder: boolean };
  failures: ImageFailure[];
  /** Where network and images were, so that they can be found again: names, or absolute paths. */
  inputs?: JobInputs;
  /** 'relaxed' results may differ in the last bits between engines. */
  numerics: 'exact' | 'relaxed';
}

export interface JobInputs {
  model: string;
  images: string[];
}

/** What the report shows besides the result. */
export interface JobDetails {
  tuning: TuningCurves;
  statistics: { units: ActivationStatistics; features: ActivationStatistics };
  trainingLog: TrainProgress[];
  metrics: SaeMetrics;
  heldOut: boolean;
  /** Orientations that were planted in the network, where that is known. */
  planted?: number[];
}

export async function runJob(
  env: JobEnvironment,
  options: JobOptions,
): Promise<{ result: JobResult; details: JobDetails }> {
  const seconds: Record<string, number> = {};
  const { engine, model } = env;
  const numerics = engine.info().build === 'relaxed' ? 'relaxed' : 'exact';
  const extracted = await activationsStage(env, options, numerics);
  seconds.activations = extracted.manifest.seconds;

  const trained = await saeStage(env, options, extracted, numerics);
  seconds.sae = trained.seconds;
  const sae = new LoadedSae(engine, trained.folder.config, trained.folder.tensors);
  try {
    const metrics = await timed(seconds, 'eval', () => evaluate(sae, trained.evaluation));
    const curves = await curvesStage(env, options, extracted, trained, sae, numerics);
    seconds.curves = curves.seconds;
    const { config } = trained.folder;
    const decoder = trained.folder.tensors.W_dec.data;
    const study = studyCurves({
      math: engine.math,
      unitNames: curves.tuning.units.map((_, i) => `${options.tap}:${i}`),
      featureNames: curves.tuning.features.map((_, i) => `f${i}`),
      units: curves.tuning.units,
      features: curves.tuning.features,
      unitPercentiles: curves.statistics.units.percentile999,
      featurePercentiles: curves.statistics.features.percentile999,
      decoder,
    });
    const truth = model.groundTruth?.tap === options.tap ? model.groundTruth : undefined;
    const result: JobResult = {
      version: env.version,
      model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
      tap: options.tap,
      build: engine.info().build,
      seed: options.seed,
      activations: {
        images: extracted.manifest.images - extracted.failures.length,
        vectors: extracted.manifest.shards.reduce((n, s) => n + s.rows.train + s.rows.heldout, 0),
        dIn: config.dIn,
      },
      sae: {
        architecture: config.architecture,
        dIn: config.dIn,
        dSae: config.dSae,
        k: config.k ?? null,
        l0: metrics.l0,
        fvu: metrics.fvu,
        gamma: metrics.gamma,
        deadFraction: metrics.deadFraction,
      },
      curves: study,
      ...(truth && { groundTruth: scoreGroundTruth(truth, curves.tuning.units, decoder) }),
      seconds,
      report: 'report.html',
      hashes: {
        images: env.imagesHash,
        weights: model.sha256,
        store: extracted.manifest.hash,
        sae: trained.hash,
        curves: curves.hash,
      },
      paths: {
        activations: `activations/${extracted.manifest.hash}`,
        sae: `sae/${trained.hash}`,
        curves: `curves/${curves.hash}`,
      },
      sampling: { sample: options.sample, perImage: options.perImage, excludeBorder: options.excludeBorder },
      failures: extracted.failures,
      ...(env.inputs && { inputs: env.inputs }),
      numerics,
    };
    const details: JobDetails = {
      tuning: curves.tuning,
      statistics: curves.statistics,
      trainingLog: trained.log,
      metrics,
      heldOut: trained.heldOut,
      ...(truth && { planted: truth.features.map((f) => f.orientationDeg) }),
    };
    return { result, details };
  } finally {
    sae.dispose();
  }
}

async function timed<T>(seconds: Record<string, number>, stage: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const value = await work();
  seconds[stage] = (Date.now() - started) / 1000;
  return value;
}
