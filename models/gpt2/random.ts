// GPT-2 of any size with random weights: what tests and the benchmark run, and what a study without real weights has.
import { Rng } from '../../src/core/random.js';
import { parameterShapes } from '../../src/network/geometry.js';
import type { Model, Parameters } from '../../src/network/types.js';
import { type Gpt2Sizes, gpt2Description } from './description.js';

/** Spread of the weights as GPT-2 was begun with. */
const SPREAD = 0.02;

/** Uniform of the deviation 0.02 (of `spread`); gains near 1. */
export function randomGpt2(sizes: Gpt2Sizes, seed = 0, spread = SPREAD): Model {
  const description = gpt2Description(sizes);
  const rng = new Rng(seed, 4242);
  const draw = (n: number, by: number, centre = 0): Float32Array =>
    Float32Array.from({ length: n }, () => centre + (2 * rng.uniform() - 1) * by * Math.sqrt(3));
  const parameters: Parameters = new Map();
  for (const [layer, { weight, bias, axes }] of parameterShapes(description)) {
    const n = weight.reduce((a, b) => a * b);
    parameters.set(layer, {
      weight: draw(n, axes === 'C' ? 0.1 : spread, axes === 'C' ? 1 : 0),
      bias: draw(bias[0], spread),
    });
  }
  return { name: 'random-gpt2', description, parameters, sha256: '0'.repeat(64), lastTap: 'logits' };
}
