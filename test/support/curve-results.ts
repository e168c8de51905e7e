// Results of curve studies made by hand.

import { fillsOf, largestGap } from '../../src/study/curves/gaps.js';
import type { Control, Controls, CurveResult, Detector, Evidence } from '../../src/study/curves/types.js';

export const detector = (unit: string, orientationDeg: number): Detector => ({
  ...{ unit, orientationDeg, argmaxDeg: orientationDeg },
  ...{ peak: 12.3, strength: 0.8, resultant: 0.93, echo: 0.01, fwhmDeg: 40 },
});

/** A feature that passes every test. */
export const CONFIRMED: Evidence = {
  ...{ fires: 300, vectors: 10_000, density: 0.03, seeds: '3/3', novel: true, line: 0.3 },
  nearest: { unit: 'mixed3b_5x5:4', orientationDeg: 80 },
  natural: { errorDeg: 4, resultant: 0.9, places: 120 },
  standing: 'confirmed',
};

/** A feature that copies a neuron. */
export const COPY: Evidence = { ...CONFIRMED, novel: false, standing: 'refuted' };

export const feature = (index: number, orientationDeg: number, evidence: Evidence): Detector => ({
  ...detector(`f${index}`, orientationDeg),
  neuronAlignment: evidence.novel ? 0.4 : 0.99,
  evidence,
});

/** Neurons every 30 degrees where nothing else is said. */
export function curveResult(
  features: readonly Detector[],
  neuronsDeg: readonly number[] = Array.from({ length: 12 }, (_, i) => 30 * i),
): CurveResult {
  const neurons = neuronsDeg.map((deg, i) => detector(`mixed3b_5x5:${i}`, deg));
  const set = (detectors: readonly Detector[]) => ({
    count: detectors.length,
    largestGapDeg: largestGap(detectors.map((d) => d.orientationDeg)),
    detectors: [...detectors],
  });
  const novel = features.filter((f) => f.evidence?.novel);
  return {
    neurons: set(neurons),
    features: set(features),
    filledGaps: fillsOf(neurons, novel).map(({ gap: { fromDeg, toDeg }, inside }) => ({
      ...{ fromDeg, toDeg },
      features: inside.map((f) => f.unit),
    })),
  };
}

/** Controls with these numbers for random directions alone. */
export function randomOnly(novel: number, pNovel: number, filled = 0, pFilledGaps = 1): Controls {
  const constant = (v: number) => ({ mean: v, p95: v });
  const random: Control = {
    ...{ draws: 100, readOuts: 120, detectors: constant(novel), novel: constant(novel) },
    ...{ agreeing: constant(novel), pAgreeing: pNovel },
    ...{ filledGaps: constant(filled), p: pNovel, pNovel, pFilledGaps },
  };
  return { random, untrained: null, pca: null, shuffled: null };
}
