// Vectors behind a known rotation (vectors/hiding.ts): changed there, and turned back before they are read.
import type { Core } from '../../core/core.js';
import { multiply, transposed } from '../../core/matrices.js';
import type { Reading } from './types.js';

export class HiddenReading implements Reading {
  readonly #back: Float32Array;

  /** `matrix` [d][d], orthogonal: x' = x matrix. */
  constructor(
    readonly reading: Reading,
    readonly core: Core,
    readonly matrix: Float32Array,
    readonly d: number,
  ) {
    this.#back = transposed(matrix, d);
  }

  get width(): number {
    return this.reading.width;
  }

  pass(
    h: Float32Array,
    bases: readonly number[],
    each: (i: number, values: Float32Array) => Float32Array | undefined,
  ): Float32Array | undefined {
    const gradient = this.reading.pass(multiply(this.core, h, this.#back, this.d), bases, each);
    return gradient && multiply(this.core, gradient, this.matrix, this.d);
  }
}
