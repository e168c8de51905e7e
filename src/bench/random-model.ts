// A network with random weights: the right shapes and amounts of work, no file.
import { description } from '../../models/registry.js';
import { Rng } from '../core/random.js';
import { parameterShapes } from '../network/geometry.js';
import type { Model, Parameters } from '../network/types.js';

/** He initialisation (He et al. 2015), uniform instead of normal: cheap, and as good here. */
export function heModel(architecture: 'inceptionv1' | 'googlenet', seed = 1): Model {
  const network = description(architecture);
  const parameters: Parameters = new Map();
  const rng = new Rng(seed);
  for (const [tap, { weight, bias }] of parameterShapes(network)) {
    const n = weight.reduce((a, b) => a * b);
    const scale = Math.sqrt(6 / (n / weight[0]));
    parameters.set(tap, {
      weight: Float32Array.from({ length: n }, () => (rng.uniform() * 2 - 1) * scale),
      bias: Float32Array.from({ length: bias[0] }, () => (rng.uniform() * 2 - 1) * 0.1),
    });
  }
  return {
    name: `he-${architecture}`,
    description: network,
    parameters,
    sha256: '0'.repeat(64),
    lastTap: 'softmax',
  };
}

/** RGB, 0..255. */
export function randomImage(height: number, width: number, seed = 1): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length: height * width * 3 }, () => Math.floor(rng.uniform() * 256));
}
