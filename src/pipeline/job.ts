// The main job (DESIGN 5, `run`): network -> images -> activations -> SAE -> curves -> result. Every stage
// writes its own folder, named by the hash of what made it (stage.ts), so that repeating the job reuses
// what is finished and nothing is overwritten.
import { tapInfo } from '../network/taps.js';
import { largestCosines } from '../sae/cosines.js';
import { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import type { TrainOptions } from '../sae/settings.js';
import { type CurveOptions, checkCurveOptions } from '../study/curves/options.js';
import type { JobDetails, JobResult } from '../study/result.js';
import { activationsStage } from './activations.js';
import { controlsStage } from './controls.js';
import { curvesStage, PLACES, studyMeasured } from './curves.js';
import { type ControlKind, DEFAULTS } from './defaults.js';
import type { JobEnvironment } from './environment.js';
import { heldOutDoubts, sampledFvu } from './held-out.js';
import { cropsStage } from './named-crops.js';
import { type SamplingRequest, samplingOf } from './recipe.js';
import { jobResult } from './result.js';
import { saeStages } from './sae.js';
import { type TrainRequest, trainOptions } from './training.js';

/** What is asked for; what is left out is as DEFAULTS say. `seed` is that of sampling and of training. */
export interface JobRequest extends SamplingRequest {
  train?: TrainRequest;
  curves?: Partial<CurveOptions>;
  /** Autoencoders that are trained, of the seeds `seed`, `seed` + 1, ...; the first one is studied. */
  seeds?: number;
  controls?: readonly ControlKind[];
  /** Crops of the photographs that fire the units which a report names; false unless given. */
  crops?: boolean;
}

/** Everything is checked before any work begins. UsageError, InputError: what cannot be done, or used. */
export async function runJob(
  env: JobEnvironment,
  request: JobRequest,
): Promise<{ result: JobResult; details: JobDetails }> {
  const { engine, model } = env;
  const sampling = samplingOf(request);
  const { tap, seed } = sampling;
  const train = trainOptions(request.train ?? {}, tapInfo(model.description, tap).channels, seed);
  const curveOptions = checkCurveOptions({ ...DEFAULTS.curves, ...request.curves });
  const { seeds = DEFAULTS.seeds, controls: kinds = DEFAULTS.controls } = request;

  const extracted = await activationsStage(env, sampling);
  const { value: store } = extracted;
  const [trained, ...others] = await saeStages(env, store, ofSeeds(train, seeds), ({ seed }) => ({
    store: store.manifest,
    seed,
  }));
  const { config, tensors } = trained.value.folder;
  const sae = new LoadedSae(engine, config, tensors);
  try {
    const started = performance.now();
    const heldout = store.source('heldout');
    const metrics = await evaluate(sae, heldout.count ? heldout : store.source('train'), env);
    const trainFvu = heldout.count ? await sampledFvu(sae, store.source('train'), env) : null;
    const doubts = trainFvu === null ? [] : heldOutDoubts(metrics.fvu, trainFvu);
    for (const message of doubts) env.progress.warn?.(message);
    const evaluation = {
      metrics,
      trainFvu,
      doubts,
      heldOut: heldout.count > 0,
      seconds: (performance.now() - started) / 1000,
    };
    const reference = store.source('reference');
    const places = await store.places('heldout', PLACES);
    const curves = await curvesStage(
      env,
      sae,
      { reference, places },
      {
        ...{ weights: model.sha256, tap, curves: curveOptions },
        ...{ sae: trained.hash, store: extracted.hash },
      },
    );
    const own = { count: config.dSae, data: tensors.W_dec.data };
    const study = studyMeasured(engine.math, tap, curves.value, {
      ...{ sae, places },
      seeds: others.map(({ value }) => {
        const data = value.folder.tensors.W_dec.data;
        return largestCosines(engine, own, { count: data.length / config.dIn, data }, config.dIn);
      }),
    });
    const controls = await controlsStage(env, store, places, curves, study, {
      ...{ train, kinds, others },
      options: curveOptions,
    });
    const crops = request.crops
      ? await cropsStage(env, {
          ...{ tap, seed, store: extracted, curves: study },
          sae: { hash: trained.hash, value: sae },
        })
      : undefined;
    return jobResult(env, sampling, {
      ...{ extracted, trained, others, evaluation, curves, study, controls, crops },
    });
  } finally {
    sae.dispose();
  }
}

/** The same autoencoder of `count` seeds, on the same stream of batches. */
const ofSeeds = (train: TrainOptions, count: number): TrainOptions[] =>
  Array.from({ length: count }, (_, i) =>
    i ? { ...train, seed: (train.seed + i) % 2 ** 32, dataSeed: train.dataSeed ?? train.seed } : train,
  );
