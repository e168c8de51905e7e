// The curve study of a tap on its own: stimuli for the tuning curves, pictures for the percentiles, both
// through the pool, nothing written.
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import type { LoadedSae } from '../sae/inference.js';
import { evaluate } from '../sae/metrics.js';
import type { CurveOptions } from '../study/curves/options.js';
import type { MeasuredTap } from '../study/curves/tuning-file.js';
import type { Controls, CurveResult } from '../study/curves/types.js';
import { verdict } from '../study/curves/verdict.js';
import type { ExtractPayload, ExtractResult, Rows } from '../vectors/extract.js';
import { matrixVectors } from '../vectors/matrix.js';
import { evenly, type Places } from '../vectors/places.js';
import type { VectorSource } from '../vectors/types.js';
import { chanceControls, controlInput, untrainedSae } from './controls.js';
import { measure, measuredText, namesOf, PLACES, studyMeasured } from './curves.js';
import type { ControlKind } from './defaults.js';
import type { StageProgress } from './progress.js';
import { recipeOf, samplingOf } from './recipe.js';
import { trainOptions } from './training.js';

export interface TapStudy {
  engine: Engine;
  pool: Pool;
  model: Model;
  tap: string;
  images: readonly ImageRef[];
  seed: number;
  options: CurveOptions;
  /** Beside an SAE; none: []. */
  controls: readonly ControlKind[];
  /** Its features are studied, too. */
  sae?: LoadedSae;
  signal?: AbortSignal;
  progress: StageProgress;
}

export interface TapStudied {
  /** With an SAE, and what chance gives. */
  study: CurveResult & { controls?: Controls };
  verdict: string;
  /** Tuning curves by `<tap>:<unit>` and `f<feature>`. */
  tuning: Map<string, Float32Array>;
  /** Pictures that could not be used. */
  failures: ImageFailure[];
}

/** InputError: not one picture could be used. */
export async function studyTap(job: TapStudy): Promise<TapStudied> {
  const { engine, tap, sae, progress, options } = job;
  progress.start('pictures');
  const { reference, places, failures, used } = await referenceSample(job);
  progress.finish(`${used} images`);
  progress.start('curves');
  const measured = await measure({ ...job, reference, places }, options, progress, job.signal);
  progress.finish(measuredText(options));
  const { tuning } = measured;
  const curves = studyMeasured(engine.math, tap, measured, sae && { sae, places });
  const { fvu, controls } = sae ? await against(job, sae, measured, curves, reference) : NOTHING;
  const study = { ...curves, controls };
  const { unitNames, featureNames } = namesOf(tap, tuning);
  const named = new Map([
    ...tuning.units.map((curve, i) => [unitNames[i], curve] as const),
    ...tuning.features.map((curve, i) => [featureNames[i], curve] as const),
  ]);
  return {
    study,
    verdict: verdict({ curves, controls: controls ?? null, fvu, photographs: used, seeds: 1 }),
    tuning: named,
    failures,
  };
}

/** Without an autoencoder. */
const NOTHING = { fvu: null, controls: undefined };

/** How well the SAE reconstructs the pictures' vectors, and what chance gives beside its features. */
async function against(
  { engine, seed, controls: kinds, progress }: TapStudy,
  sae: LoadedSae,
  measured: Required<MeasuredTap>,
  curves: CurveResult,
  reference: VectorSource,
): Promise<{ fvu: number; controls: Controls | undefined }> {
  const { fvu } = await evaluate(sae, reference);
  if (!kinds.length) return { fvu, controls: undefined };
  progress.start('controls');
  const input = await controlInput(engine, measured, curves, reference, seed);
  const { config } = sae;
  const options = trainOptions(
    {
      architecture: config.architecture,
      dSae: config.dSae,
      k: config.k,
      batch: Math.min(512, reference.count),
    },
    config.dIn,
    seed,
  );
  const controls = await chanceControls(
    ...([input, kinds, reference, () => untrainedSae(engine, reference, options), progress] as const),
  );
  progress.finish(kinds.join(', '));
  return { fvu, controls: { ...controls, shuffled: null } };
}

/** Vectors of uniform positions of the pictures, and some of them with their positions. */
async function referenceSample({ engine, pool, model, tap, images, seed, signal, progress }: TapStudy) {
  const recipe = recipeOf(engine, model, '', samplingOf({ tap, seed, sample: 'uniform', perImage: 1 }));
  const { channels } = tapInfo(model.description, tap);
  const parts: Float32Array[] = [];
  const places: { rows: Rows; image: number }[] = [];
  const failures: ImageFailure[] = [];
  await pool.mapOrdered<ImageRef, ExtractResult>(
    images,
    (ref, image) => ({ name: 'extract', payload: { ref, image, recipe } satisfies ExtractPayload }),
    (result, i) => {
      if ('failure' in result) failures.push(result.failure);
      else {
        parts.push(result.reference.activations);
        places.push({ rows: result.reference, image: i });
      }
      progress.update(i + 1, images.length, 'images');
    },
    { ahead: 2, signal },
  );
  if (!parts.length)
    throw new InputError(
      `none of the ${images.length} images could be used; the first: ${failures[0].reason}`,
    );
  const chosen = evenly(places.length, PLACES.pictures).map((i) => places[i]);
  return {
    reference: sourceOf(parts, channels, tap),
    places: {
      vectors: joined(chosen.map(({ rows }) => rows.activations)),
      image: Int32Array.from(
        chosen.flatMap(({ rows, image }) => new Array(rows.positions.length).fill(image)),
      ),
      position: Int32Array.from(chosen.flatMap(({ rows }) => Array.from(rows.positions))),
    } satisfies Places,
    failures,
    used: parts.length,
  };
}

function sourceOf(parts: readonly Float32Array[], channels: number, label: string): VectorSource {
  const data = joined(parts);
  return matrixVectors({ label, hash: '', shape: [data.length / channels, channels], data }, 'reference');
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const data = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}
