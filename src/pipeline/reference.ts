// Vectors of uniform positions of pictures, through the pool, nothing written: what percentiles, densities and
// thresholds of a tap are measured on where there is no store.
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import type { ExtractPayload, ExtractResult, Rows } from '../vectors/extract.js';
import { matrixVectors } from '../vectors/matrix.js';
import { evenly, type Places } from '../vectors/places.js';
import type { VectorSource } from '../vectors/types.js';
import { PLACES } from './curves.js';
import type { StageProgress } from './progress.js';
import { recipeOf, samplingOf } from './recipe.js';

export interface Referred {
  engine: Engine;
  pool: Pool;
  model: Model;
  tap: string;
  images: readonly ImageRef[];
  seed: number;
  excludeBorder?: boolean;
  /** Of the network with random weights in place of its own. */
  weightsSeed?: number;
  signal?: AbortSignal;
  progress: Pick<StageProgress, 'update'>;
}

export interface ReferenceSample {
  reference: VectorSource;
  /** Some of them, with their positions. */
  places: Places;
  /** Pictures that could not be used, and how many could. */
  failures: ImageFailure[];
  used: number;
}

/** InputError: not one picture could be used. */
export async function referenceSample(job: Referred): Promise<ReferenceSample> {
  const { engine, pool, model, tap, images, seed, weightsSeed, signal, progress } = job;
  const sampling = samplingOf({
    ...{ tap, seed, sample: 'uniform', perImage: 1 },
    excludeBorder: job.excludeBorder,
  });
  const recipe = recipeOf(engine, model, '', sampling);
  const { channels } = tapInfo(model.description, tap);
  const parts: Float32Array[] = [];
  const places: { rows: Rows; image: number }[] = [];
  const failures: ImageFailure[] = [];
  await pool.mapOrdered<ImageRef, ExtractResult>(
    images,
    (ref, image) => ({
      name: 'extract',
      payload: { ref, image, recipe, weightsSeed } satisfies ExtractPayload,
    }),
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

/** Vectors of `parts`, one after the other. */
export function sourceOf(parts: readonly Float32Array[], channels: number, label: string): VectorSource {
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
