// Principal components of a sample.
import { eigenSymmetric } from './eigen.js';

export interface Pca {
  /** [d] */
  mean: Float64Array;
  /** [d][d], unit rows, the component of the largest variance first. */
  components: Float64Array;
  /** [d], in the order of the components; never below 0. */
  variances: Float64Array;
}

/** PCA of `x` [n][d]; n >= 1. Sums in f64, row by row. */
export function pca(x: Float32Array, d: number): Pca {
  const n = x.length / d;
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) mean[j] += x[i * d + j];
  for (let j = 0; j < d; j++) mean[j] /= n;
  const { values, vectors } = eigenSymmetric(covariance(x, mean, d), d);
  return { mean, components: vectors, variances: values.map((v) => Math.max(0, v)) };
}

/** Biased covariance [d][d] about `mean`. */
function covariance(x: Float32Array, mean: Float64Array, d: number): Float64Array {
  const n = x.length / d;
  const sums = new Float64Array(d * d);
  const row = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) row[j] = x[i * d + j] - mean[j];
    for (let j = 0; j < d; j++) {
      const v = row[j];
      if (v === 0) continue;
      const at = j * d;
      for (let k = j; k < d; k++) sums[at + k] += v * row[k];
    }
  }
  for (let j = 0; j < d; j++)
    for (let k = j; k < d; k++) sums[j * d + k] = sums[k * d + j] = sums[j * d + k] / n;
  return sums;
}
