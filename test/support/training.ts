// A small set of vectors, a run of each objective, and what a run has made, bit for bit: for tests of training on several threads.
import type { TrainOptions } from '../../src/index.js';
import type { TrainResult } from '../../src/sae/run.js';
import { matrixVectors } from '../../src/vectors/matrix.js';
import { randomNormal } from './random.js';

/** Odd sizes: slices of rows and of latents that are not equal. */
const [n, d] = [400, 38];
export const [DSAE, BATCH] = [260, 171];
export const source = matrixVectors(
  { label: 'x', hash: 'x', shape: [n, d], data: randomNormal(n * d, 1) },
  'all',
);

export const optionsOf = (architecture: string, more: Partial<TrainOptions> = {}): TrainOptions => ({
  ...{ architecture, dSae: DSAE, batch: BATCH, steps: 4, seed: 3, lr: 3e-3 },
  ...more,
});

export const bitsOf = ({ tensors, log }: TrainResult) => ({
  tensors: Object.entries(tensors).map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer).toString('base64'),
  ]),
  log: log.map(({ vectorsPerSecond, ...point }) => point),
});

export const ALL_OBJECTIVES: [architecture: string, settings: Partial<TrainOptions>][] = [
  ['topk', { k: 5, auxK: 8, multiK: 20, deadAfter: BATCH }],
  ['topk', { k: 5, kAnneal: 0.6, kStart: 40, ema: 0.5 }],
  ['batchtopk', { k: 4, auxK: 8, deadAfter: BATCH }],
  ['matryoshka', { k: 4, groups: [30, 66, DSAE] }],
  ['gated', {}],
  ['relu', { resample: 2, deadAfter: BATCH }],
  ['relu-unit', {}],
  ['jumprelu', { deadAfter: BATCH }],
  ['panneal', {}],
  ['archetypal', { k: 4 }],
  ['kmeans', {}],
];
