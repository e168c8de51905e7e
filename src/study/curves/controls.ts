// The curve study of dictionaries that found nothing, beside the autoencoder's (METHODS 12 (7)): if as many
// of their read-outs pass, the count of curve features says nothing about the autoencoder.
import type { Engine } from '../../core/engine.js';
import type { Pool } from '../../core/pool.js';
import { pca } from '../../units/bases/pca.js';
import type { Task, TaskContext } from '../../vectors/task-context.js';
import { agrees, type Found, noveltyAgainst } from './evidence.js';
import { fillsOf } from './gaps.js';
import { naturalAgreement } from './natural.js';
import { nullDetectors, type PassedNull, type ReadOuts, randomReadOuts, readOut } from './nulls.js';
import type { ActivationStatistics } from './statistics.js';
import { type Passed, passing } from './study.js';
import { type Encoder, featureCurves, lineOverArc, type Responses } from './tuning.js';
import type { Control, Detector, Spread } from './types.js';

/** Draws of random directions. */
export const DRAWS = 100;

export interface ControlInput {
  engine: Engine;
  responses: Responses;
  /** [n][d] at uniform positions of photographs. */
  photographs: Float32Array;
  /** Held-out photographs' places: [places][d], and which way each runs (EvidenceSources). */
  places: { vectors: Float32Array; structure: Float32Array };
  /** Tuning curves of the neurons, [d][720], and the detectors among them. */
  neurons: readonly Float32Array[];
  neuronDetectors: readonly Detector[];
  /** Of the features that fire often enough, the share of photographs' vectors on which each does. */
  densities: readonly number[];
  found: Found;
  seed: number;
}

/** What draws of random directions are given on whatever thread. */
export type DrawnFrom = Omit<ControlInput, 'engine' | 'found'>;

/** Draws that a thread makes at a time. */
const DRAWS_OF_A_TASK = 10;

/**
 * `draws` dictionaries of random directions, each with as many as the autoencoder has features that fire, as rare as
 * these. Each draw has a stream of its own, so that no bit depends on the thread.
 */
export async function randomControl(
  pool: Pool,
  { engine: _, found, ...from }: ControlInput,
  draws: number,
  { onProgress, signal }: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<Control> {
  const firsts = Array.from({ length: Math.ceil(draws / DRAWS_OF_A_TASK) }, (_, i) => i * DRAWS_OF_A_TASK);
  const counts: Found[] = [];
  await pool.mapOrdered<number, Found[]>(
    firsts,
    (first) => ({
      name: 'chance',
      payload: { from, first, count: Math.min(DRAWS_OF_A_TASK, draws - first) } satisfies ChancePayload,
    }),
    (some) => {
      counts.push(...some);
      onProgress?.(counts.length, draws);
    },
    { signal },
  );
  return controlOf(found, from.densities.length, counts);
}

export interface ChancePayload {
  from: DrawnFrom;
  /** Draws `first` to `first` + `count` - 1. */
  first: number;
  count: number;
}

/** What each of these draws finds. */
async function chance(
  { from, first, count }: ChancePayload,
  { engine }: TaskContext,
): Promise<{ value: Found[] }> {
  const { densities, responses, photographs, seed } = from;
  const input = { ...from, engine };
  const counted = counter(input);
  const ask = readOutAnswers(input);
  const value = Array.from({ length: count }, (_, i) => {
    const readOuts = randomReadOuts(engine, densities, responses.d, seed, first + i);
    return counted(readOuts.directions, nullDetectors(engine, readOuts, responses, photographs), ask);
  });
  return { value };
}

export const chanceTasks = { chance } satisfies Record<string, Task>;

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
  return controlOf(input.found, readOuts.count, [counter(input)(directions, passed, readOutAnswers(input))]);
}

/** An autoencoder that cannot know of curves. */
export interface ControlSae {
  encoder: Encoder;
  /** W_dec [F][D]. */
  decoder: Float32Array;
  /** Of its features on photographs. */
  statistics: ActivationStatistics;
  /** What the given features do at `places`, [places] each. */
  activeAt(features: readonly number[]): Float32Array[];
}

export function saeControl(
  input: ControlInput,
  { encoder, decoder, statistics, activeAt }: ControlSae,
): Control {
  const curves = featureCurves(input.responses, encoder);
  const passed = passing(input.engine.math, { curves, statistics });
  const lines = lineOverArc(input.responses, encoder);
  const active = activeAt(passed.map((p) => p.index));
  const at = new Map(passed.map((p, i) => [p.index, active[i]]));
  const count = counter(input)(decoder, passed, ({ index }) => ({
    line: lines[index],
    activations: at.get(index)!,
  }));
  return controlOf(input.found, encoder.features, [count]);
}

/** Asks read-outs what features are asked: do they copy a neuron, do photographs and lines agree, which gaps do they fill? */
function counter({ engine, neurons, neuronDetectors, responses, places }: Omit<ControlInput, 'found'>) {
  const { math } = engine;
  const { d } = responses;
  const noveltyOf = noveltyAgainst(math, neurons);
  return <T extends Passed>(
    directions: Float32Array,
    passed: readonly T[],
    answersOf: (p: T, direction: Float32Array) => { line: number; activations: Float32Array },
  ): Found => {
    const rowOf = ({ index }: T) => directions.subarray(index * d, (index + 1) * d);
    const novel = passed.filter((p) => noveltyOf(rowOf(p), p.orientationDeg).novel);
    const agreeing = novel.filter((p) => {
      const { line, activations } = answersOf(p, rowOf(p));
      const natural = naturalAgreement(math, p.orientationDeg, activations, places.structure);
      return agrees({ novel: true, natural, line });
    });
    return {
      detectors: passed.length,
      novel: novel.length,
      agreeing: agreeing.length,
      filledGaps: fillsOf(neuronDetectors, novel).length,
    };
  };
}

/** Of a read-out with a threshold. */
const readOutAnswers =
  ({ responses, places }: Pick<ControlInput, 'responses' | 'places'>) =>
  ({ t }: PassedNull, direction: Float32Array) => {
    const largest = (x: Float32Array): number => readOut(direction, t, x).reduce((a, b) => Math.max(a, b), 0);
    return {
      line: largest(responses.lines) / largest(responses.vectors),
      activations: readOut(direction, t, places.vectors),
    };
  };

function controlOf(found: Found, readOuts: number, counts: readonly Found[]): Control {
  const of = (what: keyof Found): number[] => counts.map((c) => c[what]);
  return {
    draws: counts.length,
    readOuts,
    detectors: spread(of('detectors')),
    novel: spread(of('novel')),
    agreeing: spread(of('agreeing')),
    filledGaps: spread(of('filledGaps')),
    p: pValue(of('detectors'), found.detectors),
    pNovel: pValue(of('novel'), found.novel),
    pAgreeing: pValue(of('agreeing'), found.agreeing),
    pFilledGaps: pValue(of('filledGaps'), found.filledGaps),
  };
}

function spread(counts: readonly number[]): Spread {
  const sorted = [...counts].sort((a, b) => a - b);
  return {
    mean: counts.reduce((a, b) => a + b, 0) / counts.length,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1],
  };
}

const pValue = (counts: readonly number[], found: number): number =>
  (1 + counts.filter((n) => n >= found).length) / (counts.length + 1);
