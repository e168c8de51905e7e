// The curve study of dictionaries that found nothing, beside the autoencoder's (METHODS 12 (7)): if as many
// of their read-outs pass, the count of curve features says nothing about the autoencoder.
import type { Engine } from '../../core/engine.js';
import { pca } from '../../units/bases/pca.js';
import { type Found, noveltyAgainst } from './evidence.js';
import { fillsOf } from './gaps.js';
import { nullDetectors, type ReadOuts, randomReadOuts } from './nulls.js';
import type { ActivationStatistics } from './statistics.js';
import { type Passed, passing } from './study.js';
import { type Encoder, featureCurves, type Responses } from './tuning.js';
import type { Control, Detector, Spread } from './types.js';

/** Draws of random directions. */
export const DRAWS = 100;

export interface ControlInput {
  engine: Engine;
  responses: Responses;
  /** [n][d] at uniform positions of photographs. */
  photographs: Float32Array;
  /** Tuning curves of the neurons, [d][720], and the detectors among them. */
  neurons: readonly Float32Array[];
  neuronDetectors: readonly Detector[];
  /** Of the features that fire often enough, the share of photographs' vectors on which each does. */
  densities: readonly number[];
  found: Found;
  seed: number;
}

/** `draws` dictionaries of random directions, each with as many as the autoencoder has features that fire, as rare as these. */
export function randomControl(
  input: ControlInput,
  draws: number,
  onProgress?: (done: number, total: number) => void,
): Control {
  const { engine, densities, responses, seed } = input;
  const count = counter(input);
  const counts: Found[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const readOuts = randomReadOuts(engine, densities, responses.d, seed, draw);
    counts.push(count(nullDetectors(engine, readOuts, responses, input.photographs), readOuts.directions));
    onProgress?.(draw + 1, draws);
  }
  return controlOf(input.found, densities.length, counts);
}

/** Principal components of the photographs' vectors, both ways round, at the features' median density. */
export function pcaControl(input: ControlInput): Control {
  const { engine, responses, photographs, densities } = input;
  const { d } = responses;
  const { components } = pca(photographs, d);
  const directions = new Float32Array(2 * d * d);
  for (let i = 0; i < d * d; i++) {
    directions[i] = components[i];
    directions[d * d + i] = -components[i];
  }
  const median = [...densities].sort((a, b) => a - b)[densities.length >> 1] ?? 0;
  const readOuts: ReadOuts = { count: 2 * d, directions, densities: new Array(2 * d).fill(median) };
  const passed = nullDetectors(engine, readOuts, responses, photographs);
  return controlOf(input.found, readOuts.count, [counter(input)(passed, directions)]);
}

/** An autoencoder that cannot know of curves. */
export interface ControlSae {
  encoder: Encoder;
  /** W_dec [F][D]. */
  decoder: Float32Array;
  /** Of its features on photographs. */
  statistics: ActivationStatistics;
}

export function saeControl(input: ControlInput, { encoder, decoder, statistics }: ControlSae): Control {
  const curves = featureCurves(input.responses, encoder);
  const passed = passing(input.engine.math, { curves, statistics });
  return controlOf(input.found, encoder.features, [counter(input)(passed, decoder)]);
}

/** Asks read-outs what features are asked: do they copy a neuron, and what do the others fill? */
function counter({ engine, neurons, neuronDetectors, responses: { d } }: ControlInput) {
  const noveltyOf = noveltyAgainst(engine.math, neurons);
  return (passed: readonly Passed[], directions: Float32Array): Found => {
    const novel = passed.filter(
      ({ index, orientationDeg }) =>
        noveltyOf(directions.subarray(index * d, (index + 1) * d), orientationDeg).novel,
    );
    return {
      detectors: passed.length,
      novel: novel.length,
      filledGaps: fillsOf(neuronDetectors, novel).length,
    };
  };
}

function controlOf(found: Found, readOuts: number, counts: readonly Found[]): Control {
  const of = (what: keyof Found): number[] => counts.map((c) => c[what]);
  return {
    draws: counts.length,
    readOuts,
    detectors: spread(of('detectors')),
    novel: spread(of('novel')),
    filledGaps: spread(of('filledGaps')),
    p: chance(of('detectors'), found.detectors),
    pNovel: chance(of('novel'), found.novel),
    pFilledGaps: chance(of('filledGaps'), found.filledGaps),
  };
}

function spread(counts: readonly number[]): Spread {
  const sorted = [...counts].sort((a, b) => a - b);
  return {
    mean: counts.reduce((a, b) => a + b, 0) / counts.length,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1],
  };
}

const chance = (counts: readonly number[], found: number): number =>
  (1 + counts.filter((n) => n >= found).length) / (counts.length + 1);
