// What the curve criterion makes of dictionaries that know nothing of curves (METHODS 12): the same
// number of read-outs, each as rare on photographs as a feature of the SAE is.
//
//   a(x) = max(0, w . x - t),  w a unit vector, t such that a > 0 on the given share of photographs' vectors
//
// The network runs once for all of them: a read-out's tuning curve is a product with the tap's responses.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import { Rng } from '../../core/random.js';
import { Products } from '../../vectors/products.js';
import { randomDirections } from '../../vectors/random-directions.js';
import { CRITERION, hasCurveShape, strengthOf } from './detector.js';
import { measureCurve } from './measures.js';
import type { Passed } from './study.js';
import { type Responses, toSamples } from './tuning.js';

export interface ReadOuts {
  count: number;
  /** [count][d], of length 1. */
  directions: Float32Array;
  /** Share of photographs' vectors on which each fires. */
  densities: ArrayLike<number>;
}

export interface PassedNull extends Passed {
  /** What it must exceed to fire. */
  t: number;
}

/**
 * What a read-out with threshold `t` says to rows [n][d] of one direction, f64 sums in order. Four rows at a
 * time: their sums do not wait for each other.
 */
export function readOut(direction: Float32Array, t: number, rows: Float32Array): Float32Array {
  const d = direction.length;
  const n = rows.length / d;
  const out = new Float32Array(n);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const [r0, r1, r2, r3] = [i * d, (i + 1) * d, (i + 2) * d, (i + 3) * d];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < d; k++) {
      const w = direction[k];
      s0 += w * rows[r0 + k];
      s1 += w * rows[r1 + k];
      s2 += w * rows[r2 + k];
      s3 += w * rows[r3 + k];
    }
    out[i] = Math.max(0, s0 - t);
    out[i + 1] = Math.max(0, s1 - t);
    out[i + 2] = Math.max(0, s2 - t);
    out[i + 3] = Math.max(0, s3 - t);
  }
  for (; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += direction[k] * rows[i * d + k];
    out[i] = Math.max(0, sum - t);
  }
  return out;
}

/** Read-outs of one product. */
const CHUNK = 256;

/**
 * The read-outs that pass the curve criterion; that each fires often enough is what its density says. `photographs` [n][d]: vectors at uniform positions, by which
 * thresholds and strengths are set.
 */
export function nullDetectors(
  engine: Engine,
  readOuts: ReadOuts,
  responses: Responses,
  photographs: Float32Array,
): PassedNull[] {
  const { d } = responses;
  const core = engine.acquire();
  try {
    const natural = new Products(core, photographs, d, CHUNK);
    const drawn = new Products(core, responses.vectors, d, CHUNK);
    const found: PassedNull[] = [];
    const curve = new Float32Array(responses.orientations);
    for (let first = 0; first < readOuts.count; first += CHUNK) {
      const count = Math.min(CHUNK, readOuts.count - first);
      const rows = readOuts.directions.subarray(first * d, (first + count) * d);
      const densities = Array.from({ length: count }, (_, i) => readOuts.densities[first + i]);
      const limits = thresholds(core, natural, rows, densities);
      const answers = drawn.of(rows);
      for (let i = 0; i < count; i++) {
        const { t, percentile } = limits[i];
        meanOverRadii(answers.subarray(i * drawn.count, (i + 1) * drawn.count), t, responses.radii, curve);
        const m = measureCurve(engine.math, toSamples(curve));
        const strength = strengthOf(m.peak, percentile);
        if (hasCurveShape(m) && strength >= CRITERION.strength)
          found.push({ ...m, index: first + i, strength, t });
      }
    }
    return found;
  } finally {
    core.dispose();
  }
}

/** Of each of `rows` [count][d] the threshold at its density. `natural`: products with photographs' vectors. */
export function thresholds(
  core: Core,
  natural: Products,
  rows: Float32Array,
  densities: readonly number[],
): Threshold[] {
  const n = natural.count;
  const mark = core.mark();
  try {
    const scratch = core.alloc32(n);
    const projections = natural.of(rows);
    return densities.map((density, i) =>
      threshold(core, projections.subarray(i * n, (i + 1) * n), density, scratch),
    );
  } finally {
    core.release(mark);
  }
}

export interface Threshold {
  t: number;
  percentile: number;
}

/**
 * t: the largest value that does not fire. `percentile`: the 99.9th of a, or where fewer than one in a
 * thousand fire, the largest a.
 */
function threshold(core: Core, values: Float32Array, density: number, scratch: number): Threshold {
  const n = values.length;
  const kth = (k: number): number => {
    core.f32(scratch, n).set(values);
    return core.kernels.f32_kth_largest({ values: scratch, n, k });
  };
  const fires = Math.max(1, Math.min(n - 1, Math.round(density * n)));
  const t = kth(fires + 1);
  const rank = n - Math.ceil(0.999 * n) + 1;
  return { t, percentile: kth(rank <= fires ? rank : 1) - t };
}

function meanOverRadii(values: Float32Array, t: number, radii: number, curve: Float32Array): void {
  for (let o = 0; o < curve.length; o++) {
    let sum = 0;
    for (let r = 0; r < radii; r++) sum += Math.max(0, values[o * radii + r] - t);
    curve[o] = sum / radii;
  }
}

/** One draw: random directions as rare as the features whose `densities` these are. */
export function randomReadOuts(
  engine: Engine,
  densities: readonly number[],
  d: number,
  seed: number,
  draw: number,
): ReadOuts {
  const rng = new Rng(seed, 1000 + draw);
  const count = densities.length;
  return { count, directions: randomDirections(engine.math, rng, count, d), densities };
}
