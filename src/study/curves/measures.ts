// Measures of a tuning curve (METHODS 5.2). The curve has n samples over the circle,
// index i at 360 i / n degrees; values are activations >= 0.
import type { CoreMath } from '../../core/math.js';
import type { CurveMeasures } from './types.js';

/** All measures; a curve without a positive value has peak 0 and passes no criterion. */
export function measureCurve(math: CoreMath, curve: ArrayLike<number>): CurveMeasures {
  const n = curve.length;
  const turn = (2 * Math.PI) / n;
  let argmax = 0;
  let sum = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < n; i++) {
    const v = positive(curve[i]);
    if (v > curve[argmax] || !(curve[argmax] > 0)) argmax = v > 0 ? i : argmax;
    sum += v;
    x += v * math.cos(turn * i);
    y += v * math.sin(turn * i);
  }
  const peak = positive(curve[argmax]);
  if (!(peak > 0) || !Number.isFinite(sum))
    return { orientationDeg: 0, argmaxDeg: 0, peak: 0, resultant: 0, echo: 0, fwhmDeg: 0, lobes: 0 };
  const mean = (math.atan2(y, x) * 180) / Math.PI;
  const { fwhmDeg, lobes } = halfMaximum(curve, peak);
  return {
    orientationDeg: mean < 0 ? mean + 360 : mean,
    argmaxDeg: (360 * argmax) / n,
    peak,
    resultant: Math.sqrt(x * x + y * y) / sum,
    echo: Math.max(0, curve[(argmax + Math.round(n / 2)) % n]) / peak,
    fwhmDeg,
    lobes,
  };
}

/** NaN counts as silent, which Math.max would not do. */
function positive(v: number): number {
  return !(v > 0) ? 0 : v;
}

/** Total angle at or above half the peak, and the number of connected runs there on the circle. */
function halfMaximum(curve: ArrayLike<number>, peak: number): { fwhmDeg: number; lobes: number } {
  const n = curve.length;
  let above = 0;
  let lobes = 0;
  for (let i = 0; i < n; i++) {
    if (!(curve[i] >= peak / 2)) continue;
    above++;
    if (!(curve[(i + n - 1) % n] >= peak / 2)) lobes++;
  }
  return { fwhmDeg: (360 * above) / n, lobes: lobes || 1 };
}
