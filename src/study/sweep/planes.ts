// What knows nothing of features: the best plane of as many dimensions as an SAE has active latents.
import { columnMeans } from '../../sae/metrics.js';
import { pca } from '../../units/bases/pca.js';
import { evenRows } from '../../vectors/even-rows.js';
import type { VectorSource } from '../../vectors/types.js';

/** Components take time with the cube of the width. */
const WIDEST = 1024;
/** Vectors that the components are of. */
const SAMPLE = 20_000;

/** FVU on `evaluation` of the plane of `dimensions` principal components of `train`, through its mean; by L0, rounded, of each row. */
export async function planes(
  train: VectorSource,
  evaluation: VectorSource,
  rows: readonly { l0?: number }[],
): Promise<{ dimensions: number; fvu: number }[] | null> {
  const { d } = train;
  if (d > WIDEST) return null;
  const wanted = [...new Set(rows.flatMap((r) => (r.l0! > 0 ? [Math.round(r.l0!)] : [])))]
    .filter((n) => n >= 1 && n < d)
    .sort((a, b) => a - b);
  if (!wanted.length) return [];
  const { mean, components } = pca(await evenRows(train, SAMPLE), d);
  const x = await evenRows(evaluation, SAMPLE);
  const centre = await columnMeans(evaluation);
  /** [d], sum over vectors of the square of the n-th coordinate. */
  const along = new Float64Array(d);
  const most = wanted[wanted.length - 1];
  let spread = 0;
  let total = 0;
  for (let row = 0; row < x.length; row += d) {
    for (let j = 0; j < d; j++) {
      spread += (x[row + j] - centre[j]) ** 2;
      total += (x[row + j] - mean[j]) ** 2;
    }
    for (let n = 0; n < most; n++) {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += components[n * d + j] * (x[row + j] - mean[j]);
      along[n] += dot * dot;
    }
  }
  let left = total;
  let n = 0;
  return wanted.map((dimensions) => {
    for (; n < dimensions; n++) left -= along[n];
    return { dimensions, fvu: left / spread };
  });
}
