// How well an SAE finds features that are known (METHODS 4.1).

import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import { evenParts } from '../vectors/even-rows.js';
import { isHeldOutRow } from '../vectors/matrix.js';
import type { VectorSource } from '../vectors/types.js';
import { bestAssignment } from './assignment.js';
import { cosines } from './cosines.js';
import type { LoadedSae } from './inference.js';
import { decoderRows } from './stability.js';
import type { Truth } from './synthetic.js';
import { rowsPerTask, type ThroughOptions, throughSae } from './threads.js';

export interface TruthMetrics {
  /** Mean over the true features of |cos| with the latent that the best one-to-one matching gives it; 0 without one. */
  mcc: number;
  /** Share of the latents whose nearest true feature is the nearest of no other latent. */
  uniqueness: number;
  /** Mean F1 of "latent active" against "feature active" over the matched pairs. */
  f1: number;
}

/**
 * `source` holds rows of the vectors that `truth` describes, of its split. Nearest is by
 * |cos| of decoder row and direction, the lowest feature among equals. A decoder row of zeros
 * is near to nothing and not unique. Pairs of which neither side is ever active are left out
 * of F1. InputError or UsageError: truth of other vectors or of another width.
 */
export async function groundTruth(
  engine: Engine,
  sae: LoadedSae,
  source: VectorSource,
  truth: Truth,
  options: ThroughOptions = {},
): Promise<TruthMetrics> {
  const { dIn, dSae } = sae.config;
  if (truth.dIn !== dIn)
    throw new UsageError(`true directions of width ${truth.dIn} do not fit this SAE of d_in ${dIn}`);
  const rows = rowsOf(source, truth);
  const { features } = truth;
  const cos = cosines(engine, { count: features, data: truth.directions }, decoderRows(sae), dIn).map(
    Math.abs,
  );
  const latentOf = bestAssignment(cos, features, dSae);
  let matched = 0;
  latentOf.forEach((latent, feature) => {
    if (latent >= 0) matched += cos[feature * dSae + latent];
  });
  return {
    mcc: matched / features,
    uniqueness: uniqueShare(cos, features, dSae),
    f1: await meanF1(sae, source, truth, { rows, latentOf }, options),
  };
}

/** Which vectors of the whole set the source's rows are. */
function rowsOf(source: VectorSource, truth: Truth): Int32Array {
  const { vectors } = truth;
  const rows = new Int32Array(vectors);
  let count = 0;
  for (let i = 0; i < vectors; i++) {
    const held = isHeldOutRow(i, vectors);
    if (source.split === 'train' ? !held : source.split === 'heldout' ? held : true) rows[count++] = i;
  }
  if (count !== source.count)
    throw new InputError(
      `the truth is of ${vectors} vectors, ${count} of them in the ${source.split} split, where the activations have ${source.count}; give the truth that was written with these vectors`,
    );
  return rows.subarray(0, count);
}

function uniqueShare(cos: Float32Array, features: number, dSae: number): number {
  const nearest = new Int32Array(dSae).fill(-1);
  const claims = new Int32Array(features);
  for (let latent = 0; latent < dSae; latent++) {
    let best = 0;
    for (let i = 0; i < features; i++)
      if (cos[i * dSae + latent] > best) {
        best = cos[i * dSae + latent];
        nearest[latent] = i;
      }
    if (nearest[latent] >= 0) claims[nearest[latent]]++;
  }
  return nearest.reduce((n, i) => n + (i >= 0 && claims[i] === 1 ? 1 : 0), 0) / dSae;
}

async function meanF1(
  sae: LoadedSae,
  source: VectorSource,
  truth: Truth,
  { rows, latentOf }: { rows: Int32Array; latentOf: Int32Array },
  options: ThroughOptions,
): Promise<number> {
  const featureOf = new Int32Array(sae.config.dSae).fill(-1);
  latentOf.forEach((latent, feature) => {
    if (latent >= 0) featureOf[latent] = feature;
  });
  // By feature: times that it, that its latent, and that both are active.
  const { features } = truth;
  const [present, found, both] = [0, 1, 2].map(() => new Float64Array(features));
  /** The last row that had the feature. */
  const seen = new Int32Array(features).fill(-1);
  let row = 0;
  const parts = evenParts(source, source.count, rowsPerTask(sae.config));
  for await (const { result } of throughSae(sae, 'active', parts, source.count, options)) {
    let at = 0;
    for (const count of result.counts) {
      const vector = rows[row++];
      for (let i = truth.start[vector]; i < truth.start[vector + 1]; i++) {
        present[truth.index[i]]++;
        seen[truth.index[i]] = vector;
      }
      for (const end = at + count; at < end; at++) {
        const feature = featureOf[result.index[at]];
        if (feature < 0) continue;
        found[feature]++;
        if (seen[feature] === vector) both[feature]++;
      }
    }
  }
  let sum = 0;
  let pairs = 0;
  for (let i = 0; i < features; i++) {
    if (latentOf[i] < 0 || present[i] + found[i] === 0) continue;
    sum += (2 * both[i]) / (present[i] + found[i]);
    pairs++;
  }
  return pairs ? sum / pairs : 0;
}
