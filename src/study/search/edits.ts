// What a steered query should show of which features: `f12=+2`, `f7=0`.
//
//   f12=+2, f12=-1   so much more, less than the query has      f7=0, f12=2   exactly so much
//
// in units of the feature's strength: the 99.9th percentile of its activations on the documents, the largest one where
// fewer than one in a thousand fire.
import { InputError, UsageError } from '../../core/errors.js';
import type { LoadedSae } from '../../sae/inference.js';
import type { MatrixRows } from '../../vectors/matrix.js';
import type { NearestIndex } from './nearest.js';

export interface Wish {
  feature: number;
  value: number;
  /** More or less than the query has; otherwise exactly `value`. */
  relative: boolean;
}

/** A feature of a query and what it should become, in activations. */
export interface Edit {
  feature: number;
  from: number;
  to: number;
}

/** `f12=+2`. UsageError: written otherwise, or a feature that the SAE does not have. */
export function parseWish(text: string, dSae: number): Wish {
  const match = /^\s*f(\d+)\s*=\s*([+-]?)(\d+\.?\d*|\.\d+)\s*$/.exec(text);
  if (!match)
    throw new UsageError(
      `--steer ${text}: write f12=+2 or f12=-1 (more or less of feature 12, in units of its strength) or f12=0 (exactly)`,
    );
  const feature = Number(match[1]);
  if (feature >= dSae)
    throw new UsageError(`--steer ${text}: this SAE has ${dSae} features, f0 to f${dSae - 1}`);
  const value = Number(match[3]) * (match[2] === '-' ? -1 : 1);
  return { feature, value, relative: match[2] !== '' };
}

/** UsageError where a feature is named twice. */
export function parseWishes(texts: readonly string[], dSae: number): Wish[] {
  const wishes = texts.map((text) => parseWish(text, dSae));
  wishes.forEach(({ feature }, i) => {
    if (wishes.findIndex((w) => w.feature === feature) < i)
      throw new UsageError(`--steer names f${feature} twice`);
  });
  return wishes;
}

/** What `wishes` ask of a query whose features are `f` [d_sae]; `strengths` by feature. */
export const editsOf = (
  wishes: readonly Wish[],
  f: Float32Array,
  strengths: ReadonlyMap<number, number>,
): Edit[] =>
  wishes.map(({ feature, value, relative }) => {
    const by = value * strengths.get(feature)!;
    return { feature, from: f[feature], to: relative ? f[feature] + by : by };
  });

/** Documents that are looked at beyond the 99.9th percentile. */
const MARGIN = 32;

/**
 * A feature's strength on the documents of an index. It fires most where its encoder's direction has the largest products, so
 * that only these documents are encoded. InputError: it fires on none of them.
 */
export async function strengthOf(
  index: NearestIndex,
  matrix: MatrixRows,
  sae: LoadedSae,
  feature: number,
): Promise<number> {
  const { dIn, dSae } = sae.config;
  const rank = index.rows - Math.ceil(0.999 * index.rows) + 1;
  const direction = Float32Array.from({ length: dIn }, (_, i) => sae.tensors.W_enc.data[i * dSae + feature]);
  const [found] = await index.nearest(direction, Math.min(index.rows, 2 * rank + MARGIN));
  const activations: number[] = [];
  for (const { row } of found) {
    const f = sae.topFeatures(await matrix.rows(row, 1), dSae)[0].find((a) => a.feature === feature);
    if (f) activations.push(f.activation);
  }
  if (!activations.length)
    throw new InputError(
      `f${feature} fires on none of the ${index.rows} documents, so it has no strength to steer by; choose another feature`,
    );
  activations.sort((a, b) => b - a);
  return activations[rank - 1] ?? activations[0];
}
