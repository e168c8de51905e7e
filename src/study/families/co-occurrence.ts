// Which features fire on the same documents (O'Neill et al. 2024):
//
//   C = A^T A      A: one where a feature is among the document's latents (its top k)
//   D = V^T V      V: activations, each feature's column of unit length
//
// A row at a time, from the documents of one feature: memory holds the lists and one row, never F x F, and
// the time is that of the pairs that exist (k^2 a document).
import type { ActiveLists, ByFeature } from '../../units/active-lists.js';

/** Row i of C, [features]; `similar`: of D, where asked for. Views that live for the call. */
export type EachRow = (feature: number, counts: Int32Array, similar: Float64Array) => void;

export interface CoOccurrence {
  lists: ActiveLists;
  columns: ByFeature;
}

/** The rows of `features`. `withSimilarity`: D as well, else `similar` is of no meaning. `check` is called now and then. */
export function visitRows(
  { lists, columns }: CoOccurrence,
  features: Iterable<number>,
  each: EachRow,
  { withSimilarity = false, check = () => {} }: { withSimilarity?: boolean; check?: () => void } = {},
): void {
  const { start, index, value } = lists;
  const counts = new Int32Array(lists.features);
  const similar = new Float64Array(lists.features);
  const norm = withSimilarity ? norms(columns) : new Float64Array(0);
  let visited = 0;
  for (const f of features) {
    if (visited++ % 64 === 0) check();
    counts.fill(0);
    if (withSimilarity) {
      similar.fill(0);
      for (let e = columns.start[f]; e < columns.start[f + 1]; e++) {
        const [s, a] = [columns.document[e], columns.value[e]];
        for (let i = start[s]; i < start[s + 1]; i++) {
          counts[index[i]]++;
          similar[index[i]] += a * value[i];
        }
      }
      for (let j = 0; j < similar.length; j++) if (counts[j]) similar[j] /= norm[f] * norm[j];
    } else
      for (let e = columns.start[f]; e < columns.start[f + 1]; e++) {
        const s = columns.document[e];
        for (let i = start[s], to = start[s + 1]; i < to; i++) counts[index[i]]++;
      }
    each(f, counts, similar);
  }
}

/** Length of each feature's column of activations. */
function norms({ start, value }: ByFeature): Float64Array {
  const out = new Float64Array(start.length - 1);
  for (let f = 0; f < out.length; f++) {
    let square = 0;
    for (let e = start[f]; e < start[f + 1]; e++) square += value[e] * value[e];
    out[f] = Math.sqrt(square);
  }
  return out;
}
