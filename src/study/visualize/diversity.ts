// How alike the pictures of a batch are to a tap (Lucid, METHODS 6), with the gradient by its values.
//
//   G_b = F_b^T F_b over positions (F [positions][channels]), N_b = G_b / ||G_b||
//   likeness = sum_{i != j} <N_i, N_j> / B
//   by F_i: 2 F_i (H - <H, N_i> N_i) / ||G_i||,  H = (2 / B) sum_{j != i} N_j
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import type { TapInfo } from '../../network/types.js';

const TINY = 1e-10;

export class Likeness {
  readonly #core: Core;
  readonly #positions: number;
  readonly #channels: number;
  readonly #batch: number;
  readonly #m: { f: number; turned: number; panels: number; product: number; bias: number; edge: number };

  constructor(engine: Engine, { height, width, channels }: TapInfo, batch: number) {
    this.#core = engine.acquire();
    this.#positions = height * width;
    this.#channels = channels;
    this.#batch = batch;
    const most = Math.max(this.#positions, channels);
    const wide = Math.ceil(channels / 8) * 8;
    this.#m = {
      f: this.#core.alloc32(most * channels),
      turned: this.#core.alloc32(most * channels),
      panels: this.#core.alloc32(most * wide),
      product: this.#core.alloc32(most * channels),
      bias: this.#core.alloc32(wide),
      edge: this.#core.alloc32(8 * most),
    };
  }

  /** a [m][k] times b [k][channels]. */
  #product(a: Float32Array, b: Float32Array, m: number, k: number): Float32Array {
    const core = this.#core;
    const { turned, f, panels: packed, product: c, bias, edge } = this.#m;
    const n = this.#channels;
    core.f32(turned, a.length).set(a);
    core.f32(f, b.length).set(b);
    core.kernels.f32_gemm_pack8({ b: f, ldb: n, packed, k, n });
    core.kernels.f32_gemm_4x8({ a: turned, lda: k, packed, bias, c, ldc: n, m, n, k, edge });
    return core.f32(c, m * n).slice();
  }

  #gram(f: Float32Array): { normed: Float32Array; norm: number } {
    const [p, c] = [this.#positions, this.#channels];
    const turned = new Float32Array(f.length);
    for (let i = 0; i < p; i++) for (let j = 0; j < c; j++) turned[j * p + i] = f[i * c + j];
    const gram = this.#product(turned, f, c, p);
    const norm = Math.sqrt(Math.max(inner(gram, gram), TINY));
    return { normed: gram.map((v) => v / norm), norm };
  }

  value(batch: readonly Float32Array[]): number {
    const grams = batch.map((f) => this.#gram(f).normed);
    let sum = 0;
    for (const [i, a] of grams.entries())
      for (const [j, b] of grams.entries()) if (i !== j) sum += inner(a, b);
    return sum / this.#batch;
  }

  gradients(batch: readonly Float32Array[]): Float32Array[] {
    const grams = batch.map((f) => this.#gram(f));
    return batch.map((f, i) => {
      const { normed, norm } = grams[i];
      const others = new Float32Array(normed.length);
      for (const [j, { normed: other }] of grams.entries())
        if (j !== i) for (let k = 0; k < others.length; k++) others[k] += (2 / this.#batch) * other[k];
      const along = inner(others, normed);
      const by = others.map((v, k) => (2 * (v - along * normed[k])) / norm);
      return this.#product(f, by, this.#positions, this.#channels);
    });
  }

  dispose(): void {
    this.#core.dispose();
  }
}

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
