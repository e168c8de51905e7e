// Are hidden neurons found again? (METHODS 13.) A neuron counts as recovered when a row of a dictionary
// points its way within a cosine of .9. Beside an SAE, what other dictionaries of the same vectors find.
import type { Engine } from '../../core/engine.js';
import { Rng } from '../../core/random.js';
import { largestCosines, type Rows } from '../../sae/cosines.js';
import type { TrainOptions } from '../../sae/settings.js';
import { type TrainHooks, trainSae } from '../../sae/trainer.js';
import { ica } from '../../units/bases/ica.js';
import { pca } from '../../units/bases/pca.js';
import { matrixVectors } from '../../vectors/matrix.js';
import { randomDirections } from '../../vectors/random-directions.js';

export const RECOVERED = 0.9;

export interface Recovery {
  recovered: number;
  of: number;
  /** Mean over the neurons of the largest cosine with a row. */
  meanMaxCosine: number;
}

/**
 * `truth` [neurons][d]; `dictionary` [count][d], rows of any length. `signed`: a row stands for both of its
 * directions, as a component has no sign. `only`: these neurons.
 */
export function recovery(
  engine: Engine,
  truth: Rows,
  dictionary: Rows,
  d: number,
  { signed = false, only }: { signed?: boolean; only?: readonly number[] } = {},
): Recovery {
  const largest = largestCosines(engine, truth, dictionary, d, signed);
  const neurons = only ?? Array.from({ length: truth.count }, (_, i) => i);
  let recovered = 0;
  let sum = 0;
  for (const neuron of neurons) {
    if (largest[neuron] >= RECOVERED) recovered++;
    sum += largest[neuron];
  }
  return { recovered, of: neurons.length, meanMaxCosine: neurons.length ? sum / neurons.length : 0 };
}

export interface Baseline {
  name: 'random' | 'pca' | 'ica' | 'kmeans';
  rows: Rows;
  signed: boolean;
}

/**
 * Dictionaries that are no SAE, of the vectors `x` [n][d]: as many random directions as the SAE has
 * latents, principal components, independent components (both with either sign; unless given, found here).
 */
export function baselines(
  engine: Engine,
  x: Float32Array,
  d: number,
  latents: number,
  seed: number,
  independent = ica(engine.math, x, d, seed),
): Baseline[] {
  const { math } = engine;
  return [
    {
      name: 'random',
      rows: { count: latents, data: randomDirections(math, new Rng(seed, 43), latents, d) },
      signed: false,
    },
    { name: 'pca', rows: { count: d, data: Float32Array.from(pca(x, d).components) }, signed: true },
    {
      name: 'ica',
      rows: { count: independent.components, data: Float32Array.from(independent.directions) },
      signed: true,
    },
  ];
}

/** Steps of k-means: every centre has seen a good part of the vectors then. */
const KMEANS_STEPS = 200;

/** As many centres of k-means as the SAE has latents; at most one for two vectors. */
export async function kmeansBaseline(
  engine: Engine,
  x: Float32Array,
  d: number,
  latents: number,
  seed: number,
  hooks: Pick<TrainHooks, 'pool' | 'signal'> = {},
): Promise<Baseline> {
  const n = x.length / d;
  const source = matrixVectors({ label: 'sample', hash: 'sample', shape: [n, d], data: x }, 'all');
  const options: TrainOptions = {
    ...{ architecture: 'kmeans', dSae: Math.max(1, Math.min(latents, n >> 1)) },
    ...{ batch: Math.min(1024, n), steps: KMEANS_STEPS, seed },
  };
  const { tensors } = await trainSae(engine, source, options, hooks);
  const { data } = tensors.W_dec;
  return { name: 'kmeans', rows: { count: data.length / d, data }, signed: false };
}
