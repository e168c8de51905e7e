// Hidden neurons (METHODS 13): x' = x P, with P known, so that it can be asked whether a method finds the
// neurons again. rotate: P is orthogonal, every vector keeps its length and no neuron keeps its axis.
// project: unit rows in fewer dimensions than neurons, superposition with a known truth.
import type { Core } from '../core/core.js';
import { UsageError } from '../core/errors.js';
import type { CoreMath } from '../core/math.js';
import { Rng } from '../core/random.js';
import { Products, transposed } from './products.js';
import { randomDirections, randomRotation } from './random-directions.js';

export interface Hiding {
  kind: 'rotate' | 'project';
  /** Width of the hidden vectors: the neurons' number for rotate, fewer for project. */
  width: number;
  seed: number;
}

/** A stream of its own, so that the same seed elsewhere draws other numbers. */
const STREAM = 41;

/** P [neurons][width]: row j is where neuron j points, of length 1. UsageError: a width that does not fit. */
export function hidingMatrix(math: CoreMath, neurons: number, { kind, width, seed }: Hiding): Float32Array {
  if (!Number.isInteger(width) || width < 1 || (kind === 'rotate' ? width !== neurons : width >= neurons))
    throw new UsageError(
      kind === 'rotate'
        ? `a rotation keeps the width ${neurons}, not ${width}`
        : `--project must be a whole number from 1 to ${neurons - 1}, fewer than the ${neurons} neurons, not ${width}`,
    );
  const rng = new Rng(seed, STREAM);
  return kind === 'rotate' ? randomRotation(math, rng, neurons) : randomDirections(math, rng, neurons, width);
}

/** `rotate 96, seed 0`: what an SAE's cfg.json says of the neurons that were hidden from it. */
export const hidingText = ({ kind, width, seed }: Hiding): string => `${kind} ${width}, seed ${seed}`;

/** What hidingText said; undefined: nothing that it says. */
export function hidingOf(text: unknown): Hiding | undefined {
  const said = typeof text === 'string' ? /^(rotate|project) (\d+), seed (\d+)$/.exec(text) : null;
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
