// The curve study of a tap on its own: stimuli for the tuning curves, pictures for the
// percentiles, both through the pool, nothing written.

import { InputError } from '../../core/errors.js';
import type { CoreMath } from '../../core/math.js';
import type { Pool } from '../../core/pool.js';
import type { ImageFailure, ImageRef } from '../../images/types.js';
import { imageInput } from '../../network/ops/image.js';
import { tapInfo } from '../../network/taps.js';
import type { Model } from '../../network/types.js';
import type { LoadedSae } from '../../sae/inference.js';
import type { ExtractPayload, ExtractResult } from '../../vectors/extract.js';
import type { StoreRecipe } from '../../vectors/types.js';
import type { CurveOptions } from './options.js';
import { activationStatistics } from './statistics.js';
import { studyCurves } from './study.js';
import { tuningCurves } from './tuning.js';
import type { CurveResult } from './types.js';

/** Uniform positions per picture for the percentiles. */
const POSITIONS_PER_IMAGE = 64;

export interface TapStudy {
  math: CoreMath;
  pool: Pool;
  model: Model;
  tap: string;
  images: readonly ImageRef[];
  seed: number;
  options: CurveOptions;
  sae?: LoadedSae;
  signal?: AbortSignal;
  progress: {
    start(stage: string): void;
    update(done: number, total: number, unit: string): void;
    finish(summary: string): void;
  };
}

export async function studyTap(
  job: TapStudy,
): Promise<{ study: CurveResult; tuning: Map<string, Float32Array>; failures: ImageFailure[] }> {
  const { model, tap, pool, sae, progress } = job;
  const info = tapInfo(model.description, tap);
  const { reference, failures } = await referenceSample(job, info.channels);
  const encoder = sae && {
    features: sae.config.dSae,
    encode: (x: Float32Array, n: number) => sae.encode(x, n),
  };
  progress.start('curves');
  const tuning = await tuningCurves({
    pool,
    tap,
    info,
    fullSize: imageInput(model.description).size,
    options: job.options,
    encoder,
    signal: job.signal,
    onProgress: (done, total) => progress.update(done, total, 'orientations'),
  });
  progress.finish(`${job.options.orientations} orientations, ${job.options.radii.length} radii`);
  const count = reference.length / info.channels;
  const statistics = await activationStatistics(
    { d: info.channels, count, hash: '', split: 'reference', shards: [count], load: async () => reference },
    encoder,
  );
  const unitNames = tuning.units.map((_, i) => `${tap}:${i}`);
  const featureNames = tuning.features.map((_, i) => `f${i}`);
  const study = studyCurves({
    math: job.math,
    unitNames,
    featureNames,
    units: tuning.units,
    features: tuning.features,
    unitPercentiles: statistics.units.percentile999,
    featurePercentiles: statistics.features?.percentile999,
    decoder: sae?.tensors.W_dec.data,
  });
  const named = new Map<string, Float32Array>();
  tuning.units.forEach((curve, i) => {
    named.set(unitNames[i], curve);
  });
  tuning.features.forEach((curve, i) => {
    named.set(featureNames[i], curve);
  });
  return { study, tuning: named, failures };
}

/** Vectors of uniform positions of the pictures, [n][C]. */
async function referenceSample(
  { pool, model, tap, images, seed, signal, progress }: TapStudy,
  channels: number,
) {
  const recipe: StoreRecipe = {
    model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
    tap,
    inputSize: imageInput(model.description).size,
    images: '',
    perImage: 1,
    reference: POSITIONS_PER_IMAGE,
    sample: 'uniform',
    excludeBorder: false,
    seed,
    numerics: 'exact',
  };
  const parts: Float32Array[] = [];
  const failures: ImageFailure[] = [];
  progress.start('pictures');
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
  progress.finish(`${parts.length} images`);
  if (!parts.length)
    throw new InputError(
      `none of the ${images.length} images could be used; the first: ${failures[0].reason}`,
    );
  const reference = new Float32Array(parts.length * POSITIONS_PER_IMAGE * channels);
  parts.forEach((part, i) => {
    reference.set(part, i * POSITIONS_PER_IMAGE * channels);
  });
  return { reference, failures };
}
