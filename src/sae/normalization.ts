// Normalisation of each vector by itself, which some SAEs apply on the way in and undo on the
// way out (SAELens' normalize_activations, METHODS 9.1). mu, sigma and the norm are f64 sums over
// the vector's f32 values in order; each result is rounded to f32 once.
//
//   layer_norm             z = (x - mu) / (sigma + 1e-5), sigma with d - 1;   xhat = zhat sigma + mu
//   constant_norm_rescale  z = x sqrt(d) / ||x||;                             xhat = zhat ||x|| / sqrt(d)
//
// A vector of zeros has no direction: constant_norm_rescale leaves it zero and gives zero back.
import type { Normalization } from './types.js';

const EPSILON = 1e-5;

/** z = (x - shift) / divide going in; xhat = zhat scale + shift coming out. */
interface Statistics {
  shift: number;
  divide: number;
  scale: number;
}

/** Of a vector, by which it is normalised and turned back. */
export function statistics(kind: Normalization, x: Float32Array): Statistics {
  const d = x.length;
  let sum = 0;
  if (kind === 'constant_norm_rescale') {
    for (const v of x) sum += v * v;
    const divide = Math.sqrt(sum) / Math.sqrt(d);
    return { shift: 0, divide: divide || 1, scale: divide };
  }
  for (const v of x) sum += v;
  const mu = sum / d;
  let squares = 0;
  for (const v of x) squares += (v - mu) * (v - mu);
  const sigma = Math.sqrt(squares / (d - 1));
  return { shift: mu, divide: sigma + EPSILON, scale: sigma };
}

/** x [d] -> z [d], into `out`. */
export function normalize(kind: Normalization, x: Float32Array, out: Float32Array): void {
  const { shift, divide } = statistics(kind, x);
  for (let j = 0; j < x.length; j++) out[j] = (x[j] - shift) / divide;
}

/** zhat [d] -> xhat [d] in place, by the statistics of the vector x [d] that was encoded. */
export function denormalize(kind: Normalization, x: Float32Array, zhat: Float32Array): void {
  const { shift, scale } = statistics(kind, x);
  for (let j = 0; j < x.length; j++) zhat[j] = zhat[j] * scale + shift;
}

/**
 * From the gradient by z [d] to that by x [d], in place. layer_norm:
 * dx = (dz - mean dz - (x - mu) (dz . (x - mu)) / (sigma (sigma + 1e-5) (d - 1))) / (sigma + 1e-5);
 * constant_norm_rescale: dx = (dz - x (dz . x) / ||x||^2) / divide. A vector without spread passes what its z is by x.
 */
export function normalizeBackward(kind: Normalization, x: Float32Array, dz: Float32Array): void {
  const d = x.length;
  const { shift, divide, scale } = statistics(kind, x);
  let [mean, inner, squares] = [0, 0, 0];
  for (let j = 0; j < d; j++) {
    mean += dz[j] / d;
    inner += dz[j] * (x[j] - shift);
    squares += (x[j] - shift) * (x[j] - shift);
  }
  const along =
    squares === 0 ? 0 : kind === 'layer_norm' ? inner / (scale * divide * (d - 1)) : inner / squares;
  const by = kind === 'layer_norm' ? mean : 0;
  for (let j = 0; j < d; j++) dz[j] = (dz[j] - by - (x[j] - shift) * along) / divide;
}
