// The curve study: tuning curves and photograph statistics -> detectors, gaps, filled gaps.
import type { CoreMath } from '../../core/math.js';
import { isCurveDetector, strengthOf } from './detector.js';
import { filledGaps, largestGap } from './gaps.js';
import { measureCurve } from './measures.js';
import type { CurveResult, Detector, DetectorSet } from './types.js';

export interface StudyInput {
  math: CoreMath;
  /** Names of the units and of the features, in the order of the curves. */
  unitNames: string[];
  featureNames: string[];
  units: Float32Array[];
  features: Float32Array[];
  unitPercentiles: Float32Array;
  featurePercentiles?: Float32Array;
  /** W_dec [F][D], for the alignment of features with single neurons. */
  decoder?: Float32Array;
}

export function studyCurves(input: StudyInput): CurveResult {
  const neurons = detectorSet(input.math, input.unitNames, input.units, input.unitPercentiles);
  if (!input.featurePercentiles) return { neurons };
  const features = detectorSet(
    input.math,
    input.featureNames,
    input.features,
    input.featurePercentiles,
    input.decoder,
  );
  return { neurons, features, filledGaps: filledGaps(neurons.detectors, features.detectors) };
}

/** Detectors among `curves`, by orientation. */
function detectorSet(
  math: CoreMath,
  names: string[],
  curves: Float32Array[],
  percentiles: Float32Array,
  decoder?: Float32Array,
): DetectorSet {
  const detectors: Detector[] = [];
  curves.forEach((curve, i) => {
    const m = measureCurve(math, curve);
    const strength = strengthOf(m.peak, percentiles[i]);
    if (!isCurveDetector(m, strength)) return;
    detectors.push({
      unit: names[i],
      orientationDeg: m.orientationDeg,
      argmaxDeg: m.argmaxDeg,
      peak: m.peak,
      strength,
      resultant: m.resultant,
      echo: m.echo,
      fwhmDeg: m.fwhmDeg,
      ...(decoder && { neuronAlignment: neuronAlignment(decoder, i, decoder.length / curves.length) }),
    });
  });
  detectors.sort((a, b) => a.orientationDeg - b.orientationDeg);
  return {
    count: detectors.length,
    largestGapDeg: largestGap(detectors.map((d) => d.orientationDeg)),
    detectors,
  };
}

/** max_n |W_dec[f,n]| / ||W_dec[f]||: near 1, the feature copies one neuron. */
export function neuronAlignment(decoder: Float32Array, feature: number, d: number): number {
  let largest = 0;
  let sum = 0;
  for (let n = 0; n < d; n++) {
    const w = decoder[feature * d + n];
    sum += w * w;
    largest = Math.max(largest, Math.abs(w));
  }
  return sum > 0 ? largest / Math.sqrt(sum) : 0;
}
