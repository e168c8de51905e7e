// A network of the same architecture that learnt nothing: what a study finds in it, the architecture gives.
//
//   w ~ N(0, 2 / fan_in), b = 0   (He et al. 2015, "Delving deep into rectifiers", equation 10)
//
// A layer's ReLU halves the second moment of what it is given; 2 / fan_in makes up for it, so that activations
// keep the scale of the picture however deep the tap lies.
import type { CoreMath } from '../core/math.js';
import { Rng } from '../core/random.js';
import { parameterShapes } from './geometry.js';
import { baseOf, neededLayers } from './taps.js';
import type { Model, Parameters } from './types.js';

/** Streams of their own, one for each layer: its weights do not depend on which others are drawn. */
const STREAM = 5000;

/** `model` with random weights of `seed`, as far as the tap needs them. UsageError: no such tap. */
export function randomWeights(math: CoreMath, model: Model, tap: string, seed: number): Model {
  const { description } = model;
  const needed = new Set(neededLayers(description, [baseOf(tap)]).map((layer) => layer.out));
  const parameters: Parameters = new Map();
  let stream = STREAM;
  for (const [layer, { weight, bias }] of parameterShapes(description)) {
    const rng = new Rng(seed, stream++);
    if (!needed.has(layer)) continue;
    const [outputs, ...window] = weight;
    const fanIn = window.reduce((a, b) => a * b);
    const deviation = Math.sqrt(2 / fanIn);
    parameters.set(layer, {
      weight: Float32Array.from({ length: outputs * fanIn }, () => deviation * rng.normal(math)),
      bias: new Float32Array(bias[0]),
    });
  }
  return { ...model, parameters, lastTap: baseOf(tap) };
}
