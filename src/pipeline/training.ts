// How an SAE is trained: what a user asks for, completed with DEFAULTS.
import { resolveHyperparameters, type TrainOptions } from '../sae/settings.js';
import { DEFAULTS } from './defaults.js';

/** `expansion`: latents per input dimension, where `dSae` is not given. */
export type TrainRequest = Partial<TrainOptions> & { expansion?: number };

/** For vectors of `dIn`; `seed` where the request has none. UsageError: what cannot be trained. */
export function trainOptions(request: TrainRequest, dIn: number, seed: number): TrainOptions {
  const { expansion, dSae, ...given } = request;
  const { architecture, batch, steps } = DEFAULTS;
  const options = { architecture, batch, steps, seed, ...given, dSae: dSae ?? widthOf(expansion, dIn) };
  resolveHyperparameters(options, dIn);
  return options;
}

/** Latents of an SAE that is `expansion` times as wide as its input. */
export const widthOf = (expansion: number | undefined, dIn: number): number =>
  Math.max(1, Math.round((expansion ?? DEFAULTS.expansion) * dIn));
