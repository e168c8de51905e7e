// The table: one column per measure, for every unit and feature; what lists, filters and the
// overview need. Curves in it are coarse; the chunks have them in full.

import type { CoreMath } from '../../core/math.js';
import type { TensorData } from '../../formats/safetensors.js';
import type { Kind } from '../../units/unit.js';
import { parseUnit } from '../../units/unit.js';
import { strengthOf } from '../curves/detector.js';
import { measureCurve } from '../curves/measures.js';
import type { ActivationStatistics } from '../curves/statistics.js';
import { neuronAlignment } from '../curves/study.js';
import type { Detector } from '../curves/types.js';
import { CURVE_SAMPLES, SKETCH_SAMPLES } from './format.js';

type Tensors = Record<string, { shape: number[]; data: TensorData }>;

/** `source` [720] at `samples` equal steps. */
export function resampled(source: Float32Array, samples: number): Float32Array {
  const step = source.length / samples;
  return Float32Array.from({ length: samples }, (_, i) => source[i * step]);
}

/** Columns of the curve study. `curves` [n][720]. */
export function curveColumns(
  kind: Kind,
  math: CoreMath,
  curves: readonly Float32Array[],
  statistics: ActivationStatistics,
  detectors: readonly Detector[],
): Tensors {
  const n = curves.length;
  const column = () => new Float32Array(n);
  const c = {
    orientation: column(),
    peak: column(),
    resultant: column(),
    echo: column(),
    fwhm: column(),
    strength: column(),
  };
  const sketch = new Uint8Array(n * SKETCH_SAMPLES);
  curves.forEach((curve, i) => {
    const m = measureCurve(math, curve);
    c.orientation[i] = m.orientationDeg;
    c.peak[i] = m.peak;
    c.resultant[i] = m.resultant;
    c.echo[i] = m.echo;
    c.fwhm[i] = m.fwhmDeg;
    c.strength[i] = strengthOf(m.peak, statistics.percentile999[i]);
    if (m.peak > 0) drawSketch(curve, m.peak, sketch.subarray(i * SKETCH_SAMPLES, (i + 1) * SKETCH_SAMPLES));
  });
  const flags = new Uint8Array(n);
  const petals = new Float32Array(detectors.length * CURVE_SAMPLES);
  detectors.forEach(({ unit }, d) => {
    const i = parseUnit(unit)?.index ?? n;
    if (i >= n) return;
    flags[i] = 1;
    petals.set(resampled(curves[i], CURVE_SAMPLES), d * CURVE_SAMPLES);
  });
  return {
    ...Object.fromEntries(Object.entries(c).map(([name, data]) => [`${kind}.${name}`, { shape: [n], data }])),
    [`${kind}.density`]: { shape: [n], data: statistics.density },
    [`${kind}.percentile999`]: { shape: [n], data: statistics.percentile999 },
    [`${kind}.detector`]: { shape: [n], data: flags },
    [`${kind}.sketch`]: { shape: [n, SKETCH_SAMPLES], data: sketch },
    [`${kind}.petals`]: { shape: [detectors.length, CURVE_SAMPLES], data: petals },
  };
}

/** The largest value of each step, 255 at the peak: narrow curves stay visible. */
function drawSketch(curve: Float32Array, peak: number, out: Uint8Array): void {
  const step = curve.length / out.length;
  for (let s = 0; s < out.length; s++) {
    let most = 0;
    for (let k = 0; k < step; k++) most = Math.max(most, curve[s * step + k]);
    out[s] = Math.round((255 * most) / peak);
  }
}

/** How much each feature is one neuron's, and whose. `decoder` [F][D]. */
export function alignmentColumns(decoder: Float32Array, features: number, d: number): Tensors {
  const alignment = new Float32Array(features);
  const neuron = new Int32Array(features);
  for (let f = 0; f < features; f++) {
    alignment[f] = neuronAlignment(decoder, f, d);
    for (let n = 1; n < d; n++)
      if (Math.abs(decoder[f * d + n]) > Math.abs(decoder[f * d + neuron[f]])) neuron[f] = n;
  }
  return {
    'features.alignment': { shape: [features], data: alignment },
    'features.neuron': { shape: [features], data: neuron },
  };
}
