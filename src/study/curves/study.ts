// The curve study: tuning curves and photograph statistics -> detectors, evidence, gaps, filled gaps.
import type { CoreMath } from '../../core/math.js';
import { isCurveDetector, strengthOf } from './detector.js';
import { foundAgain, type Novelty, noveltyAgainst, standing } from './evidence.js';
import { filledGaps, largestGap } from './gaps.js';
import { measureCurve } from './measures.js';
import { naturalAgreement, naturalCurve } from './natural.js';
import { type ActivationStatistics, firesOf } from './statistics.js';
import type { CurveMeasures, CurveResult, Detector, DetectorSet, Evidence } from './types.js';

/** Neurons or features. */
export interface Population {
  names: readonly string[];
  /** Tuning curves, [720] each. */
  curves: readonly Float32Array[];
  /** On photographs. */
  statistics: ActivationStatistics;
  /** Line over arc of each (lineOverArc); left out, it is not measured. */
  lines?: Float32Array;
}

/** What evidence of features rests on besides; what is left out is not measured. */
export interface EvidenceSources {
  /** Photographs' places: [places][2], and what the given features do there, [places] each. */
  places?: { structure: Float32Array; activations(features: readonly number[]): Float32Array[] };
  /** Of each other seed's autoencoder, the largest cosine of each feature's row with one of its rows. */
  seeds?: readonly Float32Array[];
}

export interface StudyInput {
  math: CoreMath;
  neurons: Population;
  /** `decoder`: W_dec [F][D]. */
  features?: Population & { decoder: Float32Array; evidence?: EvidenceSources };
}

/** One that meets the criterion. */
export interface Passed extends CurveMeasures {
  index: number;
  strength: number;
}

export function studyCurves({ math, neurons: units, features: latents }: StudyInput): CurveResult {
  const { lines } = units;
  const neurons = detectorSet(units, passing(math, units), ({ index }) =>
    lines ? { line: lines[index] } : {},
  );
  if (!latents) return { neurons };
  const passed = passing(math, latents);
  const evidence = evidenceOf(math, units, latents, passed);
  const features = detectorSet(latents, passed, ({ index }) => ({
    neuronAlignment: neuronAlignment(latents.decoder, index, widthOf(latents)),
    evidence: evidence.get(index),
  }));
  const novel = features.detectors.filter((d) => d.evidence?.novel);
  return { neurons, features, filledGaps: filledGaps(neurons.detectors, novel) };
}

const widthOf = ({ decoder, curves }: { decoder: Float32Array; curves: readonly unknown[] }): number =>
  decoder.length / curves.length;

/** Those of `curves` that meet the criterion, in their order. */
export function passing(
  math: CoreMath,
  { curves, statistics }: Pick<Population, 'curves' | 'statistics'>,
): Passed[] {
  return curves.flatMap((curve, index) => {
    const m = measureCurve(math, curve);
    const strength = strengthOf(m.peak, statistics.percentile999[index]);
    return isCurveDetector(m, strength, firesOf(statistics, index)) ? [{ ...m, index, strength }] : [];
  });
}

/** Detectors by orientation. */
function detectorSet(
  { names }: Population,
  passed: readonly Passed[],
  more: (p: Passed) => Partial<Detector> = () => ({}),
): DetectorSet {
  const detectors = passed.map(
    (p): Detector => ({
      unit: names[p.index],
      orientationDeg: p.orientationDeg,
      argmaxDeg: p.argmaxDeg,
      peak: p.peak,
      strength: p.strength,
      resultant: p.resultant,
      echo: p.echo,
      fwhmDeg: p.fwhmDeg,
      ...more(p),
    }),
  );
  detectors.sort((a, b) => a.orientationDeg - b.orientationDeg);
  return {
    count: detectors.length,
    largestGapDeg: largestGap(detectors.map((d) => d.orientationDeg)),
    detectors,
  };
}

function evidenceOf(
  math: CoreMath,
  units: Population,
  latents: NonNullable<StudyInput['features']>,
  passed: readonly Passed[],
): Map<number, Evidence> {
  const { decoder, statistics, lines, evidence: { places, seeds = [] } = {} } = latents;
  const d = widthOf(latents);
  const noveltyOf = noveltyAgainst(math, units.curves);
  const activations = places?.activations(passed.map((p) => p.index));
  return new Map(
    passed.map(({ index, orientationDeg }, i) => {
      const { novel, neuron, neuronDeg }: Novelty = noveltyOf(
        decoder.subarray(index * d, (index + 1) * d),
        orientationDeg,
      );
      const line = lines?.[index];
      const measured = {
        fires: firesOf(statistics, index),
        vectors: statistics.vectors,
        density: statistics.density[index],
        seeds: foundAgain(seeds, index),
        novel,
        nearest: { unit: units.names[neuron], orientationDeg: neuronDeg },
        natural: places ? naturalOf(math, orientationDeg, activations![i], places.structure) : null,
        line: line === undefined || Number.isNaN(line) ? null : line,
      };
      return [index, { ...measured, standing: standing(measured) }];
    }),
  );
}

function naturalOf(
  math: CoreMath,
  orientationDeg: number,
  activations: Float32Array,
  structure: Float32Array,
): Evidence['natural'] {
  const agreement = naturalAgreement(math, orientationDeg, activations, structure);
  const curve = Array.from(naturalCurve(activations, structure), (v) => Number(v.toPrecision(3)));
  return agreement && { ...agreement, curve };
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
