// On how many documents each feature fires, and of which category these are more often than others are; from documents
// evenly spaced over all.
import { InputError } from '../../core/errors.js';
import type { LoadedSae } from '../../sae/inference.js';
import type { MatrixRows } from '../../vectors/matrix.js';

/** Documents that are looked at. */
const DOCUMENTS = 20_000;
const CHUNK = 512;

export interface FeatureFacts {
  documents: number;
  /** Features that fire on any of them. */
  features: number[];
  /** Documents on which each feature fires. */
  fires: Uint32Array;
  /** The category whose share among a feature's documents exceeds its share of all most; undefined where none is known. */
  category(feature: number): string | undefined;
}

/** InputError where no feature fires on any document. */
export async function factsOf(
  matrix: MatrixRows,
  sae: LoadedSae,
  categories: readonly (readonly string[])[] | undefined,
  signal?: AbortSignal,
): Promise<FeatureFacts> {
  const { dIn, dSae } = sae.config;
  const [n] = matrix.shape;
  const documents = Math.min(n, DOCUMENTS);
  const rows = Array.from({ length: documents }, (_, i) => Math.floor((i * n) / documents));
  const fires = new Uint32Array(dSae);
  const counts = new Map<number, Map<string, number>>();
  const all = new Map<string, number>();
  const count = (map: Map<string, number>, row: number) => {
    for (const name of categories?.[row] ?? []) map.set(name, (map.get(name) ?? 0) + 1);
  };
  for (let at = 0; at < documents; at += CHUNK) {
    signal?.throwIfAborted();
    const some = rows.slice(at, at + CHUNK);
    const x = new Float32Array(some.length * dIn);
    for (const [i, row] of some.entries()) x.set(await matrix.rows(row, 1), i * dIn);
    for (const [i, active] of sae.topFeatures(x, dSae).entries()) {
      count(all, some[i]);
      for (const { feature } of active) {
        fires[feature]++;
        const own = counts.get(feature) ?? new Map<string, number>();
        counts.set(feature, own);
        count(own, some[i]);
      }
    }
  }
  if (!counts.size) throw new InputError('search: no feature of the SAE fires on any of the documents');
  return {
    documents,
    fires,
    features: [...counts.keys()].sort((a, b) => a - b),
    category(feature) {
      let [best, most]: [string | undefined, number] = [undefined, 0];
      for (const [name, own] of counts.get(feature) ?? []) {
        const more = own / fires[feature] - all.get(name)! / documents;
        if (more > most) [best, most] = [name, more];
      }
      return best;
    },
  };
}
