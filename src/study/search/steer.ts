// The three ways of steering a query.
import type { LoadedSae } from '../../sae/inference.js';
import type { Edit } from './edits.js';
import { lengthOf, toLength } from './lengths.js';
import { steerByClamp } from './steer-clamp.js';
import { steerByDirection } from './steer-direction.js';
import { steerByOptimising } from './steer-optimise.js';

export const STEER_METHODS = ['direction', 'clamp', 'optimise'] as const;
export type SteerMethod = (typeof STEER_METHODS)[number];

const BY: Record<
  SteerMethod,
  (sae: LoadedSae, x: Float32Array, edits: readonly (readonly Edit[])[]) => Float32Array
> = { direction: steerByDirection, clamp: steerByClamp, optimise: steerByOptimising };

/**
 * Vectors x [n][d_in] with the edits of each, turned towards them and as long as they were: only the direction of a steered query
 * says what is near.
 */
export function steer(
  sae: LoadedSae,
  method: SteerMethod,
  x: Float32Array,
  edits: readonly (readonly Edit[])[],
): Float32Array {
  const { dIn } = sae.config;
  const out = BY[method](sae, x, edits);
  for (let i = 0; i < edits.length; i++) {
    toLength(out.subarray(i * dIn, (i + 1) * dIn), lengthOf(x.subarray(i * dIn, (i + 1) * dIn)));
  }
  return out;
}
