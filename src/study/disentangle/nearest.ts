// Nearest neighbours as a frozen read-out: the answer is the class of the row of the train split that points most the
// same way. As logits, so that masks can be trained through it:
//
//   logit_k = SHARP max over rows i of class k of cos(v, x_i)
//
// the largest of which is the nearest neighbour's; its gradient runs through the one row of each class.
import type { Attribute, NearestProbe } from './types.js';

/** Of a cosine: a neighbour nearer by .1 has e^2 times the odds. */
const SHARP = 20;
/** Rows that are kept, evenly over the train split: each reading goes through all of them. */
const MOST_ROWS = 1024;

/** `x` [n][width] of the entities `rows`, in that order. */
export function nearestProbe(
  x: Float32Array,
  width: number,
  rows: Int32Array,
  { classes, labels }: Attribute,
): NearestProbe {
  const n = Math.min(rows.length, MOST_ROWS);
  const neighbours = new Float32Array(n * width);
  const own = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const at = Math.floor((i * rows.length) / n);
    const row = x.subarray(at * width, (at + 1) * width);
    const length = lengthOf(row);
    for (let j = 0; j < width; j++) neighbours[i * width + j] = length > 0 ? row[j] / length : 0;
    own[i] = labels[rows[at]];
  }
  return { neighbours, labels: own, classes: classes.length };
}

function lengthOf(v: Float32Array): number {
  let sum = 0;
  for (let j = 0; j < v.length; j++) sum += v[j] * v[j];
  return Math.sqrt(sum);
}

/** For each class its nearest row, -1 where it has none, and the cosine. */
function nearest({ neighbours, labels, classes }: NearestProbe, values: Float32Array) {
  const width = values.length;
  const length = lengthOf(values);
  const row = new Int32Array(classes).fill(-1);
  const cosine = new Float64Array(classes).fill(-1);
  for (let i = 0; i < labels.length; i++) {
    let dot = 0;
    for (let j = 0; j < width; j++) dot += neighbours[i * width + j] * values[j];
    const c = length > 0 ? dot / length : 0;
    const k = labels[i];
    if (row[k] < 0 || c > cosine[k]) [row[k], cosine[k]] = [i, c];
  }
  return { row, cosine, length };
}

export const nearestLogits = (probe: NearestProbe, values: Float32Array): Float64Array =>
  nearest(probe, values).cosine.map((c) => SHARP * c);

/** Adds slopes [classes] by the logits, as a gradient by `values`, to `into` [width]. */
export function addNearestSlopes(
  probe: NearestProbe,
  values: Float32Array,
  slopes: Float64Array,
  into: Float64Array,
): void {
  const { row, cosine, length } = nearest(probe, values);
  if (!(length > 0)) return;
  const width = values.length;
  for (let k = 0; k < probe.classes; k++) {
    if (row[k] < 0) continue;
    const by = (SHARP * slopes[k]) / length;
    for (let j = 0; j < width; j++)
      into[j] += by * (probe.neighbours[row[k] * width + j] - (cosine[k] * values[j]) / length);
  }
}
