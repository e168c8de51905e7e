// How many different things a read-out is made of: features that are tuned alike count once.
import type { CoreMath } from '../../core/math.js';
import type { Part } from './types.js';

/** Of what features add to a read-out, how much its main parts carry. */
const CARRIED = 0.9;
/** Correlation of two tuning curves from which on they are the same. */
const SAME_CURVE = 0.9;
/** Cosine of two decoder rows from which on they are. */
const SAME_ROW = 0.9;

/**
 * The smallest number of groups of features tuned alike that carry 90 % of what features add (parts that take
 * away are left out). `parts`: largest share first; each joins the first group that it is like.
 */
export function mergedCount(
  parts: readonly Pick<Part, 'feature' | 'share'>[],
  alike: (a: number, b: number) => boolean,
): number {
  const groups: { leader: number; share: number }[] = [];
  const positive = parts.filter(({ share }) => share > 0);
  for (const { feature, share } of positive) {
    const group = groups.find(({ leader }) => alike(leader, feature));
    if (group) group.share += share;
    else groups.push({ leader: feature, share });
  }
  const all = positive.reduce((sum, { share }) => sum + share, 0);
  let carried = 0;
  let count = 0;
  for (const { share } of groups.sort((a, b) => b.share - a.share)) {
    if (carried >= CARRIED * all) break;
    carried += share;
    count++;
  }
  return count;
}

/** Features are alike whose curves correlate by .9 or more, where both answer to curves, or whose decoder rows point the same way. */
export function tunedAlike(
  math: CoreMath,
  curves: readonly ArrayLike<number>[],
  decoder: { data: Float32Array; d: number },
): (a: number, b: number) => boolean {
  const standardised = new Map<number, Float64Array | null>();
  const curveOf = (f: number): Float64Array | null => {
    let known = standardised.get(f);
    if (known === undefined) {
      known = curves.length ? standard(math, curves[f]) : null;
      standardised.set(f, known);
    }
    return known;
  };
  const rowOf = (f: number) => decoder.data.subarray(f * decoder.d, (f + 1) * decoder.d);
  return (a, b) => {
    const [x, y] = [curveOf(a), curveOf(b)];
    if (x && y && dot(x, y) >= SAME_CURVE) return true;
    const [u, v] = [rowOf(a), rowOf(b)];
    return dot(u, v) >= SAME_ROW * math.sqrt(dot(u, u)) * math.sqrt(dot(v, v));
  };
}

/** Of mean 0 and length 1; null where it does not vary. */
function standard(math: CoreMath, curve: ArrayLike<number>): Float64Array | null {
  const n = curve.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += curve[i] / n;
  const out = Float64Array.from({ length: n }, (_, i) => curve[i] - mean);
  const length = math.sqrt(dot(out, out));
  return length > 0 ? out.map((v) => v / length) : null;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
