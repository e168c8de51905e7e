// The curve study of a tap on its own: stimuli for the tuning curves, pictures for the percentiles, both
// through the pool, nothing written.
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import type { LoadedSae } from '../sae/inference.js';
import type { CurveOptions } from '../study/curves/options.js';
import type { CurveResult } from '../study/curves/types.js';
import type { ExtractPayload, ExtractResult } from '../vectors/extract.js';
import { matrixVectors } from '../vectors/matrix.js';
import type { VectorSource } from '../vectors/types.js';
import { measuredText, measureStatistics, measureTuning, namesOf, studyMeasured } from './curves.js';
import type { StageProgress } from './progress.js';
import { recipeOf, samplingOf } from './recipe.js';

export interface TapStudy {
  engine: Engine;
  pool: Pool;
  model: Model;
  tap: string;
  images: readonly ImageRef[];
  seed: number;
  options: CurveOptions;
  /** Its features are studied, too. */
  sae?: LoadedSae;
  signal?: AbortSignal;
  progress: StageProgress;
}

export interface TapStudied {
  study: CurveResult;
  /** Tuning curves by `<tap>:<unit>` and `f<feature>`. */
  tuning: Map<string, Float32Array>;
  /** Pictures that could not be used. */
  failures: ImageFailure[];
}

/** InputError: not one picture could be used. */
export async function studyTap(job: TapStudy): Promise<TapStudied> {
  const { engine, tap, sae, progress, options } = job;
  progress.start('pictures');
  const { reference, failures, used } = await referenceSample(job);
  progress.finish(`${used} images`);
  progress.start('curves');
  const tuning = await measureTuning(job, options, progress, job.signal);
  progress.finish(measuredText(options));
  const statistics = await measureStatistics(job, reference);
  const study = studyMeasured(engine.math, tap, tuning, statistics, sae?.tensors.W_dec.data);
  const { unitNames, featureNames } = namesOf(tap, tuning);
  const named = new Map([
    ...tuning.units.map((curve, i) => [unitNames[i], curve] as const),
    ...tuning.features.map((curve, i) => [featureNames[i], curve] as const),
  ]);
  return { study, tuning: named, failures };
}

/** Vectors of uniform positions of the pictures. */
async function referenceSample({ engine, pool, model, tap, images, seed, signal, progress }: TapStudy) {
  const recipe = recipeOf(engine, model, '', samplingOf({ tap, seed, sample: 'uniform', perImage: 1 }));
  const { channels } = tapInfo(model.description, tap);
  const parts: Float32Array[] = [];
  const failures: ImageFailure[] = [];
  await pool.mapOrdered<ImageRef, ExtractResult>(
    images,
    (ref, image) => ({ name: 'extract', payload: { ref, image, recipe } satisfies ExtractPayload }),
    (result, i) => {
      if ('failure' in result) failures.push(result.failure);
      else parts.push(result.reference.activations);
      progress.update(i + 1, images.length, 'images');
    },
    { ahead: 2, signal },
  );
  if (!parts.length)
    throw new InputError(
      `none of the ${images.length} images could be used; the first: ${failures[0].reason}`,
    );
  return { reference: sourceOf(parts, channels, tap), failures, used: parts.length };
}

function sourceOf(parts: readonly Float32Array[], channels: number, label: string): VectorSource {
  const data = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return matrixVectors({ label, hash: '', shape: [data.length / channels, channels], data }, 'reference');
}
