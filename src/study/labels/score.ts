// How well a label says where a feature fires: documents that the label speaks of against documents on which the
// feature is active.
//
//   F1        of "predicted" (a score of at least the threshold) against "fires"
//   Pearson   of the score with the activation, over all documents, 0 where the feature is silent
//
// A label's threshold is chosen on the documents that it was named from, and both are measured on the others.

/** Documents of a feature, by increasing number, and its activations there. */
export interface Column {
  document: Int32Array;
  value: Float32Array;
}

/** Which documents are held out from the naming. */
export interface HeldOut {
  /** [documents]: 1 for those held out. */
  mask: Uint8Array;
  /** How many. */
  count: number;
}

export interface Score {
  f1: number | null;
  pearson: number | null;
}

/** A label as a predictor: a document's score is the sum of the weights of the things that it has. */
export interface Predictor {
  /** Documents that have any. */
  document: Int32Array;
  /** Which ones: bit i for weights[i]. */
  mask: Uint16Array;
  /** MOST_WEIGHTS at most. */
  weights: readonly number[];
}

/** So that all sums are a short table. */
export const MOST_WEIGHTS = 12;

/** Score of each mask. */
function scoresOf(weights: readonly number[]): Float64Array {
  const out = new Float64Array(1 << weights.length);
  for (let m = 1; m < out.length; m++) {
    const bit = 31 - Math.clz32(m);
    out[m] = out[m ^ (1 << bit)] + weights[bit];
  }
  return out;
}

/** A feature's activations: its column, and [documents] with 0 where it is silent. */
export interface Firing {
  column: Column;
  dense: Float32Array;
}

/** Threshold with the best F1 on the documents that are not held out, and that F1. */
export function bestThreshold(
  { document, mask, weights }: Predictor,
  { column, dense }: Firing,
  held: HeldOut,
): { threshold: number; f1: number } {
  let positives = 0;
  for (const s of column.document) positives += 1 - held.mask[s];
  const score = scoresOf(weights);
  const [all, right] = [new Int32Array(score.length), new Int32Array(score.length)];
  for (let i = 0; i < document.length; i++) {
    if (held.mask[document[i]]) continue;
    all[mask[i]]++;
    if (dense[document[i]] > 0) right[mask[i]]++;
  }
  const order = Array.from(all.keys())
    .filter((m) => all[m] > 0)
    .sort((a, b) => score[b] - score[a]);
  let [predicted, hits, best, threshold] = [0, 0, 0, Number.POSITIVE_INFINITY];
  for (const m of order) {
    predicted += all[m];
    hits += right[m];
    const f1 = (2 * hits) / (predicted + positives);
    if (f1 > best) [best, threshold] = [f1, score[m]];
  }
  return { threshold, f1: best };
}

/** On the documents that are held out; null where the feature fires on none of them, or nothing varies. */
export function heldOutScore(
  { document, mask, weights }: Predictor,
  threshold: number,
  { column, dense }: Firing,
  held: HeldOut,
): Score {
  let [fires, sumA, sumAA] = [0, 0, 0];
  for (let i = 0; i < column.document.length; i++) {
    if (!held.mask[column.document[i]]) continue;
    const a = column.value[i];
    fires++;
    sumA += a;
    sumAA += a * a;
  }
  if (!fires) return { f1: null, pearson: null };
  const score = scoresOf(weights);
  let [predicted, right, sumS, sumSS, sumSA] = [0, 0, 0, 0, 0];
  for (let i = 0; i < document.length; i++) {
    if (!held.mask[document[i]]) continue;
    const [v, a] = [score[mask[i]], dense[document[i]]];
    if (v >= threshold) {
      predicted++;
      if (a > 0) right++;
    }
    sumS += v;
    sumSS += v * v;
    sumSA += v * a;
  }
  return {
    f1: (2 * right) / (predicted + fires),
    pearson: correlation(held.count, sumS, sumSS, sumA, sumAA, sumSA),
  };
}

function correlation(n: number, x: number, xx: number, y: number, yy: number, xy: number): number | null {
  const [vx, vy] = [xx - (x * x) / n, yy - (y * y) / n];
  // A label that nothing is said of predicts the same everywhere: it says nothing.
  if (!(vy > 0)) return null;
  return vx > 0 ? Math.max(-1, Math.min(1, (xy - (x * y) / n) / Math.sqrt(vx * vy))) : 0;
}

/** Of two short lists; 0 where either does not vary. */
export function pearson(a: readonly number[], b: readonly number[]): number {
  const sum = (v: readonly number[]) => v.reduce((s, x) => s + x, 0);
  const product = a.map((x, i) => x * b[i]);
  const [aa, bb] = [a.map((x) => x * x), b.map((x) => x * x)];
  return correlation(a.length, sum(a), sum(aa), sum(b), sum(bb), sum(product)) ?? 0;
}
