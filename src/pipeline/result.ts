// result.json and the report's details, from what the stages of a job made.
import { numericsOf } from '../core/features.js';
import type { SaeMetrics } from '../sae/types.js';
import { firingOf } from '../study/curves/statistics.js';
import type { MeasuredCurves } from '../study/curves/tuning-file.js';
import type { Controls, CurveResult } from '../study/curves/types.js';
import { verdict } from '../study/curves/verdict.js';
import type { CropsOfUnits } from '../study/examples/crops.js';
import type { JobDetails, JobResult } from '../study/result.js';
import { scoreGroundTruth } from '../units/planted.js';
import type { ActivationStore } from './activations.js';
import type { JobEnvironment } from './environment.js';
import type { Sampling } from './recipe.js';
import type { TrainedSae } from './sae.js';
import type { StageOutcome } from './stage.js';

export interface FinishedStages {
  extracted: StageOutcome<ActivationStore>;
  trained: StageOutcome<TrainedSae>;
  /** `heldOut`: on vectors that training did not see. */
  evaluation: {
    metrics: SaeMetrics;
    heldOut: boolean;
    /** Of some training vectors; null where none was held out. */
    trainFvu: number | null;
    doubts: readonly string[];
    seconds: number;
  };
  /** Of other seeds. */
  others: readonly StageOutcome<TrainedSae>[];
  curves: StageOutcome<Required<MeasuredCurves>>;
  study: CurveResult;
  controls: StageOutcome<Controls>;
  /** Where crops were asked for. */
  crops: StageOutcome<CropsOfUnits> | undefined;
}

export function jobResult(
  env: JobEnvironment,
  sampling: Sampling,
  stages: FinishedStages,
): { result: JobResult; details: JobDetails } {
  const { engine, model, inputs } = env;
  const { tap, seed, sample, perImage, excludeBorder } = sampling;
  const { extracted, trained, others, evaluation, curves, study, controls, crops } = stages;
  const { manifest, source, failures } = extracted.value;
  const { config, tensors } = trained.value.folder;
  const { tuning, statistics, evidence } = curves.value;
  const { l0, fvu, gamma, deadFraction } = evaluation.metrics;
  const { build } = engine.info();
  const decoder = tensors.W_dec.data;
  const truth = model.groundTruth?.tap === tap ? model.groundTruth : undefined;
  const result: JobResult = {
    version: env.version,
    model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
    ...{ tap, build, seed },
    activations: {
      images: manifest.images - failures.length,
      vectors: source('all').count,
      dIn: config.dIn,
    },
    sae: {
      architecture: config.architecture,
      dIn: config.dIn,
      dSae: config.dSae,
      k: config.k ?? null,
      ...{ l0, fvu, gamma, deadFraction },
      trainFvu: evaluation.trainFvu,
      passes: trained.value.passes,
      firing: firingOf(statistics.features),
      seeds: 1 + others.length,
      warnings: [...trained.value.warnings, ...evaluation.doubts],
    },
    curves: study,
    controls: controls.value,
    verdict: verdict({
      ...{ curves: study, controls: controls.value, fvu },
      ...{ photographs: manifest.images - failures.length, seeds: 1 + others.length },
      orientations: evidence.responses.orientations,
    }),
    ...(truth && { groundTruth: scoreGroundTruth(truth, tuning.units, decoder) }),
    seconds: {
      activations: extracted.seconds,
      // They train side by side.
      sae: Math.max(trained.seconds, ...others.map((o) => o.seconds)),
      eval: evaluation.seconds,
      curves: curves.seconds,
      controls: controls.seconds,
      ...(crops && { crops: crops.seconds }),
    },
    report: 'report.html',
    hashes: {
      images: env.imagesHash,
      weights: model.sha256,
      store: extracted.hash,
      sae: trained.hash,
      curves: curves.hash,
    },
    paths: { activations: extracted.path, sae: trained.path, curves: curves.path },
    sampling: { sample, perImage, excludeBorder },
    failures,
    ...(inputs && { inputs }),
    numerics: numericsOf(build),
  };
  const { metrics, heldOut } = evaluation;
  return {
    result,
    details: {
      ...{ tuning, statistics, metrics, heldOut },
      trainingLog: trained.value.log,
      ...(crops && { crops: crops.value }),
      plantedDeg: truth?.features.map((f) => f.orientationDeg),
    },
  };
}
