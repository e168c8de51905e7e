// The main job (DESIGN 5, `run`): network -> images -> activations -> SAE -> curves -> result. Every stage
// writes its own folder, named by the hash of what made it (stage.ts), so that repeating the job reuses
// what is finished and nothing is overwritten.
import { tapInfo } from '../network/taps.js';
import { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import { type CurveOptions, checkCurveOptions } from '../study/curves/options.js';
import type { JobDetails, JobResult } from '../study/result.js';
import { activationsStage } from './activations.js';
import { curvesStage } from './curves.js';
import { DEFAULTS } from './defaults.js';
import type { JobEnvironment } from './environment.js';
import { type SamplingRequest, samplingOf } from './recipe.js';
import { jobResult } from './result.js';
import { saeStage } from './sae.js';
import { type TrainRequest, trainOptions } from './training.js';

/** What is asked for; what is left out is as DEFAULTS say. `seed` is that of sampling and of training. */
export interface JobRequest extends SamplingRequest {
  train?: TrainRequest;
  curves?: Partial<CurveOptions>;
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

  const extracted = await activationsStage(env, sampling);
  const { value: store } = extracted;
  const trained = await saeStage(env, store, train, { store: store.manifest, seed: train.seed });
  const { config, tensors } = trained.value.folder;
  const sae = new LoadedSae(engine, config, tensors);
  try {
    const started = performance.now();
    const heldout = store.source('heldout');
    const metrics = await evaluate(sae, heldout.count ? heldout : store.source('train'));
    const evaluation = { metrics, heldOut: heldout.count > 0, seconds: (performance.now() - started) / 1000 };
    const curves = await curvesStage(env, sae, store.source('reference'), {
      ...{ weights: model.sha256, tap, curves: curveOptions },
      ...{ sae: trained.hash, store: extracted.hash },
    });
    return jobResult(env, sampling, { extracted, trained, evaluation, curves });
  } finally {
    sae.dispose();
  }
}
