// The curve study of dictionaries that found nothing, beside the autoencoder's (METHODS 12 (7)): if as many
// of their read-outs pass, the count of curve features says nothing about the autoencoder.
import type { Engine } from '../../core/engine.js';
import { pca } from '../../units/bases/pca.js';
import { noveltyAgainst } from './evidence.js';
import { fillsOf } from './gaps.js';
import { type NullDetector, nullDetectors, type ReadOuts, type Responses, randomReadOuts } from './nulls.js';
import type { Detector } from './types.js';

/** Of draws: their mean, and the number that one in twenty reaches. */
export interface Spread {
  mean: number;
  p95: number;
}

export interface RandomControl {
  draws: number;
  /** Read-outs of a draw: as many as the autoencoder has features that fire. */
  readOuts: number;
  /** Novel read-outs with the shape and strength of a curve detector. */
  detectors: Spread;
  /** Gaps of the neurons that such a read-out fills. */
  filledGaps: Spread;
  /** (1 + draws with as many novel detectors) / (draws + 1); and of filled gaps. */
  p: number;
  pFilledGaps: number;
}

export interface OtherControl {
  readOuts: number;
  detectors: number;
  filledGaps: number;
}

export interface ControlInput {
  engine: Engine;
  responses: Responses;
  /** [n][d] at uniform positions of photographs. */
  photographs: Float32Array;
  /** Tuning curves of the neurons, [d][720], and the detectors among them. */
  neurons: readonly Float32Array[];
  neuronDetectors: readonly Detector[];
  /** Of the features that fire on photographs, the share of vectors on which each does. */
  densities: readonly number[];
  /** What the autoencoder has: novel detectors and gaps they fill. */
  found: { detectors: number; filledGaps: number };
  seed: number;
}

/** `draws` dictionaries of random directions. */
export function randomControl(
  input: ControlInput,
  draws: number,
  onProgress?: (done: number, total: number) => void,
): RandomControl {
  const { engine, densities, responses, seed, found } = input;
  const detectors: number[] = [];
  const gaps: number[] = [];
  const novel = noveltyOf(input);
  for (let draw = 0; draw < draws; draw++) {
    const readOuts = randomReadOuts(engine, densities, responses.d, seed, draw);
    const passed = nullDetectors(engine, readOuts, responses, input.photographs).filter((m) =>
      novel(readOuts, m),
    );
    detectors.push(passed.length);
    gaps.push(fillsOf(input.neuronDetectors, passed).length);
    onProgress?.(draw + 1, draws);
  }
  return {
    draws,
    readOuts: densities.length,
    detectors: spread(detectors),
    filledGaps: spread(gaps),
    p: chance(detectors, found.detectors),
    pFilledGaps: chance(gaps, found.filledGaps),
  };
}

/** Principal components of the photographs' vectors, both ways round, at the features' median density. */
export function pcaControl(input: ControlInput): OtherControl {
  const { responses, photographs, densities } = input;
  const { d } = responses;
  const { components } = pca(photographs, d);
  const directions = new Float32Array(2 * d * d);
  for (let i = 0; i < d * d; i++) {
    directions[i] = components[i];
    directions[d * d + i] = -components[i];
  }
  const median = [...densities].sort((a, b) => a - b)[densities.length >> 1] ?? 0;
  return otherControl(input, { count: 2 * d, directions, densities: new Array(2 * d).fill(median) });
}

function otherControl(input: ControlInput, readOuts: ReadOuts): OtherControl {
  const novel = noveltyOf(input);
  const passed = nullDetectors(input.engine, readOuts, input.responses, input.photographs).filter((m) =>
    novel(readOuts, m),
  );
  return {
    readOuts: readOuts.count,
    detectors: passed.length,
    filledGaps: fillsOf(input.neuronDetectors, passed).length,
  };
}

/** The question that features are asked (evidence.ts). */
function noveltyOf({ engine, neurons, responses: { d } }: ControlInput) {
  const novelty = noveltyAgainst(engine.math, neurons);
  return ({ directions }: ReadOuts, { index, orientationDeg }: NullDetector): boolean =>
    novelty(directions.subarray(index * d, (index + 1) * d), orientationDeg).novel;
}

function spread(counts: readonly number[]): Spread {
  const sorted = [...counts].sort((a, b) => a - b);
  return {
    mean: counts.reduce((a, b) => a + b, 0) / counts.length,
    p95: sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)],
  };
}

const chance = (counts: readonly number[], found: number): number =>
  (1 + counts.filter((n) => n >= found).length) / (counts.length + 1);
