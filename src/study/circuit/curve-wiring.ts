// Curve circuits (METHODS 5.5; Cammarata et al., Curve Circuits, 2021): weights from early curves and lines to curves, by
// relative orientation, beside the same weights where the orientations of the earlier units are shuffled.
import type { CoreMath } from '../../core/math.js';
import { Rng } from '../../core/random.js';
import { hasCurveShape } from '../curves/detector.js';
import { measureCurve } from '../curves/measures.js';
import { LINE_OFFSETS, neuronCurves, type Responses } from '../curves/tuning.js';
import type { Profile, WiredUnit, Wiring } from './types.js';

export interface Oriented {
  index: number;
  orientationDeg: number;
}

/** Units with the shape of a curve detector (METHODS 5.3), by orientation. */
export function curveUnits(math: CoreMath, drawn: Responses): Oriented[] {
  return neuronCurves(drawn)
    .map((curve, index) => ({ index, measures: measureCurve(math, curve) }))
    .filter(({ measures }) => hasCurveShape(measures))
    .map(({ index, measures }) => ({ index, orientationDeg: measures.orientationDeg }))
    .sort(byOrientation);
}

const byOrientation = (a: Oriented, b: Oriented): number =>
  a.orientationDeg - b.orientationDeg || a.index - b.index;

/** Resultant from which on an earlier unit prefers one direction, of arcs, or of lines modulo 180 degrees. */
const DIRECTED = 0.5;
/** A unit counts whose best drawing fires it by this share of the tap's strongest unit. */
const ALIVE = 0.05;

/**
 * Early curves prefer one direction of arcs; lines prefer one direction of straight lines, which they answer to at least
 * half as strongly as to arcs, and no side of an arc.
 */
export function earlyUnits(math: CoreMath, drawn: Responses): { curve: Oriented[]; line: Oriented[] } {
  const curves = neuronCurves(drawn).map((curve) => measureCurve(math, curve));
  const lines = lineTuning(math, drawn);
  const most = curves.reduce((m, { peak }) => Math.max(m, peak), 0);
  const out: { curve: Oriented[]; line: Oriented[] } = { curve: [], line: [] };
  for (const [index, { peak, resultant, orientationDeg }] of curves.entries()) {
    if (Math.max(peak, lines[index].peak) < ALIVE * most) continue;
    if (resultant >= DIRECTED) out.curve.push({ index, orientationDeg });
    else if (lines[index].resultant >= DIRECTED && lines[index].peak >= peak / 2)
      out.line.push({ index, orientationDeg: lines[index].orientationDeg });
  }
  out.curve.sort(byOrientation);
  out.line.sort(byOrientation);
  return out;
}

/** Of each unit, by the normal of lines, modulo 180 degrees: the best offset of each direction. */
function lineTuning(math: CoreMath, { d, lines }: Responses) {
  const directions = lines.length / d / OFFSETS;
  return Array.from({ length: d }, (_, unit) => {
    let [x, y, sum, peak] = [0, 0, 0, 0];
    for (let i = 0; i < directions; i++) {
      let best = 0;
      for (let o = 0; o < OFFSETS; o++) best = Math.max(best, lines[(i * OFFSETS + o) * d + unit]);
      const angle = (2 * Math.PI * i) / directions;
      x += best * math.cos(angle);
      y += best * math.sin(angle);
      sum += best;
      peak = Math.max(peak, best);
    }
    const half = (math.atan2(y, x) * 90) / Math.PI;
    return {
      ...{ peak, orientationDeg: half < 0 ? half + 180 : half },
      resultant: sum > 0 ? Math.sqrt(x * x + y * y) / sum : 0,
    };
  });
}
const OFFSETS = LINE_OFFSETS.length;

const SHUFFLES = 1000;
const BIN_DEG = 30;
/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 59;

/**
 * `weight(early, curve)`: sum of a patch of expanded weights over the largest of the curve's. Lines have no side: their
 * relative orientation is modulo 180 degrees.
 */
export function wiringOf(
  math: CoreMath,
  kind: Wiring['kind'],
  early: readonly WiredUnit[],
  curves: readonly WiredUnit[],
  weight: (early: number, curve: number) => number,
  seed: number,
): Wiring {
  const period = kind === 'line' ? 180 : 360;
  const table = early.map((_, e) => curves.map((_, c) => weight(e, c)));
  const cosines = (orientation: readonly number[]): number => {
    let sum = 0;
    for (const [e, row] of table.entries())
      for (const [c, w] of row.entries())
        sum += w * math.cos(((orientation[e] - curves[c].orientationDeg) * 2 * Math.PI) / period);
    return sum / (early.length * curves.length || 1);
  };
  const own = early.map(({ orientationDeg }) => orientationDeg);
  const aligned = cosines(own);
  const rng = new Rng(seed, STREAM);
  const profiles: (number | null)[][] = [];
  let reached = 0;
  for (let s = 0; s < SHUFFLES; s++) {
    const shuffled = rng.shuffle([...own]);
    if (cosines(shuffled) >= aligned) reached++;
    profiles.push(meansByBin(table, shuffled, curves, period).mean);
  }
  const at = (bin: number, share: number): number | null => {
    const values = profiles.flatMap((p) => p[bin] ?? []).sort((a, b) => a - b);
    return values.length ? values[Math.min(values.length - 1, Math.floor(share * values.length))] : null;
  };
  const { mean, pairs } = meansByBin(table, own, curves, period);
  const profile: Profile = {
    relativeDeg: mean.map((_, b) => BIN_DEG * b - period / 2),
    ...{ mean, pairs },
    p5: mean.map((_, b) => at(b, 0.05)),
    p95: mean.map((_, b) => at(b, 0.95)),
  };
  return {
    ...{ kind, units: [...early], weights: table, profile, aligned, shuffles: SHUFFLES },
    p: (1 + reached) / (1 + SHUFFLES),
  };
}

function meansByBin(
  table: readonly (readonly number[])[],
  orientation: readonly number[],
  curves: readonly WiredUnit[],
  period: number,
): { mean: (number | null)[]; pairs: number[] } {
  const bins = period / BIN_DEG;
  const sums = new Float64Array(bins);
  const pairs = new Array<number>(bins).fill(0);
  for (const [e, row] of table.entries())
    for (const [c, w] of row.entries()) {
      const relative = orientation[e] - curves[c].orientationDeg + (period + BIN_DEG) / 2;
      const turned = relative - period * Math.floor(relative / period);
      const bin = Math.min(bins - 1, Math.floor(turned / BIN_DEG));
      sums[bin] += w;
      pairs[bin]++;
    }
  return { mean: pairs.map((n, b) => (n ? sums[b] / n : null)), pairs };
}

/** Earlier units of a kind whose patches are kept: all would be millions of numbers. */
const KEPT = 24;

/** `patches` [early][curves][side * side]: the rows that write most, in their order. */
export function strongestRows<T extends { patches: readonly (readonly number[])[] }>(
  rows: readonly T[],
): T[] {
  const size = ({ patches }: T) => patches.flat().reduce((sum, w) => sum + Math.abs(w), 0);
  const order = rows.map((row, i) => ({ i, size: size(row) })).sort((a, b) => b.size - a.size || a.i - b.i);
  const kept = new Set(order.slice(0, KEPT).map(({ i }) => i));
  return rows.filter((_, i) => kept.has(i));
}
