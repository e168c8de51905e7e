// Hidden neurons (METHODS 13): x' = x P, with P known, so that it can be asked whether a method finds the
// neurons again. rotate: P is orthogonal, every vector keeps its length and no neuron keeps its axis.
// project: unit rows in fewer dimensions than neurons, superposition with a known truth.
// pairs: every axis that is left is the sum of two neurons, each neuron in two of them: polysemanticity with a known answer.
import type { Core } from '../core/core.js';
import { UsageError } from '../core/errors.js';
import type { CoreMath } from '../core/math.js';
import { transposed } from '../core/matrices.js';
import { Rng } from '../core/random.js';
import { Products } from './products.js';
import { randomDirections, randomRotation } from './random-directions.js';

export interface Hiding {
  kind: 'rotate' | 'project' | 'pairs';
  /** Width of the hidden vectors: the neurons' number for rotate and pairs, fewer for project. */
  width: number;
  seed: number;
}

/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 41;

/** P [neurons][width]: row j is where neuron j points, of length 1. UsageError: a width that does not fit. */
export function hidingMatrix(math: CoreMath, neurons: number, { kind, width, seed }: Hiding): Float32Array {
  if (!Number.isInteger(width) || width < 1 || (kind === 'project' ? width >= neurons : width !== neurons))
    throw new UsageError(
      kind !== 'project'
        ? `${kind === 'rotate' ? 'a rotation' : 'a sum of pairs'} keeps the width ${neurons}, not ${width}`
        : `--project must be a whole number from 1 to ${neurons - 1}, fewer than the ${neurons} neurons, not ${width}`,
    );
  const rng = new Rng(seed, STREAM);
  if (kind === 'pairs') return pairsMatrix(neurons, rng);
  return kind === 'rotate' ? randomRotation(math, rng, neurons) : randomDirections(math, rng, neurons, width);
}

/**
 * Axis k is (x_k + x_p(k)) / sqrt 2. p goes round in threes at random, and in one or two fives where three does not divide
 * the neurons: over an odd circle sums determine what they are sums of, over an even one they do not.
 */
function pairsMatrix(neurons: number, rng: Rng): Float32Array {
  const fives = (2 * neurons) % 3;
  if (neurons < 5 * fives || neurons < 3)
    throw new UsageError(`${neurons} neurons cannot be summed in pairs; take a layer of ten or more`);
  const order = rng.shuffle(Int32Array.from({ length: neurons }, (_, i) => i));
  const matrix = new Float32Array(neurons * neurons);
  for (let first = 0, circle = 0; first < neurons; circle++) {
    const length = circle < fives ? 5 : 3;
    for (let i = 0; i < length; i++) {
      const axis = order[first + i];
      for (const neuron of [axis, order[first + ((i + 1) % length)]])
        matrix[neuron * neurons + axis] = Math.SQRT1_2;
    }
    first += length;
  }
  return matrix;
}

/** Of a store of sums: the two neurons of each axis, its own first. */
export function pairsOf(matrix: Float32Array, neurons: number): [own: number, other: number][] {
  return Array.from({ length: neurons }, (_, axis) => {
    for (let n = 0; n < neurons; n++) if (n !== axis && matrix[n * neurons + axis] !== 0) return [axis, n];
    throw new RangeError(`axis ${axis} is no sum of two neurons`);
  });
}

/** `rotate 96, seed 0`: what an SAE's cfg.json says of the neurons that were hidden from it. */
export const hidingText = ({ kind, width, seed }: Hiding): string => `${kind} ${width}, seed ${seed}`;

/** What hidingText said; undefined: nothing that it says. */
export function hidingOf(text: unknown): Hiding | undefined {
  const said = typeof text === 'string' ? /^(rotate|project|pairs) (\d+), seed (\d+)$/.exec(text) : null;
  return said
    ? { kind: said[1] as Hiding['kind'], width: Number(said[2]), seed: Number(said[3]) }
    : undefined;
}

/** Rows of one matrix product. */
const CHUNK = 512;

/** x [n][neurons] -> x P [n][width], in the core's fixed order of sums. */
export function hide(core: Core, x: Float32Array, matrix: Float32Array, width: number): Float32Array {
  const neurons = matrix.length / width;
  const n = x.length / neurons;
  const out = new Float32Array(n * width);
  const mark = core.mark();
  try {
    const products = new Products(core, transposed(matrix, width), neurons, CHUNK);
    for (let first = 0; first < n; first += CHUNK) {
      const rows = x.subarray(first * neurons, Math.min(n, first + CHUNK) * neurons);
      out.set(products.of(rows), first * width);
    }
    return out;
  } finally {
    core.release(mark);
  }
}
