// Orthonormal directions R [size][d], of the whole width (a rotation) or of a subspace of it:
//   h' = base + R^T (s * R (source - base))
// What lies outside of a subspace stays the base's.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import { multiply, transposed } from '../../core/matrices.js';
import { type Basis, type Coded, type Interchange, joined } from './basis.js';

export interface Turned extends Interchange {
  /** The gradient by the directions, [size][d], from that by h'. */
  rowsGradient(mask: Float32Array, gradient: Float32Array): Float32Array;
}

export class Directions implements Basis {
  readonly lossless = true;
  readonly #core: Core;
  #rows: Float32Array;
  #turned: Float32Array;

  /** `rows` [size][d], orthonormal. */
  constructor(
    engine: Engine,
    rows: Float32Array,
    readonly d: number,
  ) {
    this.#core = engine.acquire();
    this.#rows = rows;
    this.#turned = transposed(rows, d);
  }

  get size(): number {
    return this.#rows.length / this.d;
  }

  get rows(): Float32Array {
    return this.#rows;
  }

  /** Other directions, as many. */
  set rows(rows: Float32Array) {
    this.#rows = rows;
    this.#turned = transposed(rows, this.d);
  }

  code(x: Float32Array): Coded {
    return { x };
  }

  zero({ x }: Coded): Coded {
    return { x: new Float32Array(x.length) };
  }

  between(bases: readonly Coded[], sources: readonly Coded[]): Turned {
    const { d, size } = this;
    const core = this.#core;
    const base = joined(bases);
    const delta = joined(sources).map((v, i) => v - base[i]);
    const along = multiply(core, delta, this.#turned, d);
    const scaled = (values: Float32Array, mask: Float32Array) => values.map((v, i) => v * mask[i % size]);
    let last: { gradient: Float32Array; by: Float32Array } | undefined;
    // Both gradients are asked for by turns.
    const slopes = (gradient: Float32Array): Float32Array => {
      if (last?.gradient !== gradient) last = { gradient, by: multiply(core, gradient, this.#turned, d) };
      return last.by;
    };
    return {
      patched: (mask) => {
        const moved = multiply(core, scaled(along, mask), this.#rows, size);
        return base.map((b, i) => b + moved[i]);
      },
      addMaskGradient: (gradient, into) => {
        const by = slopes(gradient);
        for (let i = 0; i < by.length; i++) into[i % size] += by[i] * along[i];
      },
      rowsGradient: (mask, gradient) => {
        const n = base.length / d;
        const one = multiply(core, transposed(scaled(along, mask), size), gradient, n);
        const other = multiply(core, transposed(scaled(slopes(gradient), mask), size), delta, n);
        return one.map((v, i) => v + other[i]);
      },
    };
  }

  dispose(): void {
    this.#core.dispose();
  }
}
