// How activations are made: the recipe of a store, from a network, a set of pictures and how to sample.

import type { Engine } from '../core/engine.js';
import { numericsOf } from '../core/features.js';
import { imageInput } from '../network/ops/image.js';
import type { Model } from '../network/types.js';
import type { StoreRecipe } from '../vectors/types.js';
import { DEFAULTS } from './defaults.js';

/** Which vectors are taken; what is left out is as DEFAULTS say. */
export type SamplingRequest = Partial<Sampling>;
export type Sampling = Pick<
  StoreRecipe,
  'tap' | 'perImage' | 'reference' | 'sample' | 'excludeBorder' | 'seed'
> & {
  /** Tokens of a window of text; a picture has the network's own size. */
  inputSize?: number;
};

export function samplingOf(request: SamplingRequest): Sampling {
  const { tap, perImage, reference, sample, excludeBorder, seed } = DEFAULTS;
  return {
    tap: request.tap ?? tap,
    perImage: request.perImage ?? perImage,
    reference: request.reference ?? reference,
    sample: request.sample ?? sample,
    excludeBorder: request.excludeBorder ?? excludeBorder,
    seed: request.seed ?? seed,
  };
}

/** `images`: identity of the set (nameImages). The engine decides the numerics. */
export function recipeOf(
  engine: Pick<Engine, 'info'>,
  model: Model,
  images: string,
  sampling: Sampling,
): StoreRecipe {
  const { tap, perImage, reference, sample, excludeBorder, seed } = sampling;
  return {
    model: { name: model.name, architecture: model.description.architecture, sha256: model.sha256 },
    tap,
    inputSize: sampling.inputSize ?? imageInput(model.description).size,
    images,
    perImage,
    reference,
    sample,
    excludeBorder,
    seed,
    numerics: numericsOf(engine.info().build),
  };
}
