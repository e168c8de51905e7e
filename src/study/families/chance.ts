// What chance gives: the same features on as many documents, but on which ones drawn at random, each by itself.
import type { Rng } from '../../core/random.js';
import type { ActiveLists } from '../../units/active-lists.js';

/** Lists in which every feature keeps its activations and how often it fires, not where. */
export function shuffledLists(lists: ActiveLists, rng: Rng): ActiveLists {
  const { documents, features, index, value } = lists;
  const drawn = new Int32Array(index.length);
  const taken = new Int32Array(documents).fill(-1);
  // Feature by feature, so that one document is drawn at most once for each.
  const order = new Int32Array(index.length);
  const first = new Int32Array(features + 1);
  for (const f of index) first[f + 1]++;
  for (let f = 0; f < features; f++) first[f + 1] += first[f];
  const at = first.slice(0, features);
  for (let i = 0; i < index.length; i++) order[at[index[i]]++] = i;
  const counts = new Int32Array(documents + 1);
  for (let f = 0; f < features; f++) {
    const n = first[f + 1] - first[f];
    // Floyd's sampling: n of all documents, each set equally likely.
    for (let k = 0; k < n; k++) {
      const last = documents - n + k;
      const pick = rng.below(last + 1);
      const s = taken[pick] === f ? last : pick;
      taken[s] = f;
      drawn[first[f] + k] = s;
      counts[s + 1]++;
    }
  }
  for (let s = 0; s < documents; s++) counts[s + 1] += counts[s];
  const to = counts.slice(0, documents);
  const out = {
    documents,
    features,
    start: counts,
    index: new Int32Array(index.length),
    value: new Float32Array(index.length),
  };
  for (let f = 0; f < features; f++)
    for (let k = first[f]; k < first[f + 1]; k++) {
      const place = to[drawn[k]]++;
      out.index[place] = f;
      out.value[place] = value[order[k]];
    }
  return out;
}
