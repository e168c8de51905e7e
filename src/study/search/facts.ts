// On how many documents each feature fires, and of which category these are more often than others are; from documents
// evenly spaced over all.
import { InputError } from '../../core/errors.js';
import type { LoadedSae } from '../../sae/inference.js';
import { rowRanges, rowsPerTask, type ThroughOptions, throughSae } from '../../sae/threads.js';
import { evenRow } from '../../vectors/even-rows.js';
import type { MatrixRows } from '../../vectors/matrix.js';

/** Documents that are looked at. */
const DOCUMENTS = 20_000;

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
  options: ThroughOptions = {},
): Promise<FeatureFacts> {
  const { dIn, dSae } = sae.config;
  const [n] = matrix.shape;
  const documents = Math.min(n, DOCUMENTS);
  const fires = new Uint32Array(dSae);
  const counts = new Map<number, Map<string, number>>();
  const all = new Map<string, number>();
  // Row by row: of millions, most are not read.
  const parts = async function* () {
    for (const [first, count] of rowRanges(documents, rowsPerTask(sae.config))) {
      const rows = new Float32Array(count * dIn);
      for (let i = 0; i < count; i++)
        rows.set(await matrix.rows(evenRow(first + i, documents, n), 1), i * dIn);
      yield { rows };
    }
  };
  let document = 0;
  for await (const { result } of throughSae(sae, 'active', parts(), documents, options)) {
    let at = 0;
    for (const entries of result.counts) {
      const names = categories?.[evenRow(document++, documents, n)] ?? [];
      const count = (map: Map<string, number>) => {
        for (const name of names) map.set(name, (map.get(name) ?? 0) + 1);
      };
      count(all);
      for (const end = at + entries; at < end; at++) {
        const feature = result.index[at];
        fires[feature]++;
        const own = counts.get(feature) ?? new Map<string, number>();
        counts.set(feature, own);
        count(own);
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
