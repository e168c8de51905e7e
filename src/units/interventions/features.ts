// The features of an SAE. Without its error h' is what the SAE decodes; with it, what the SAE does not say of the
// base is added back: base - dec(enc(base)). Where the SAE normalises each vector, source and base are encoded by
// their own statistics and decoded by the base's.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import { UsageError } from '../../core/errors.js';
import type { LoadedSae } from '../../sae/inference.js';
import { padTo } from '../../sae/memory.js';
import { statistics } from '../../sae/normalization.js';
import type { Basis, Coded, Interchange } from './basis.js';

export interface FeatureCode extends Coded {
  /** What h' begins with, [n][d]. */
  begin: Float32Array;
  /** Entries of vector i: start[i] to start[i + 1], in order of their features. */
  start: Int32Array;
  index: Int32Array;
  value: Float32Array;
}

export class Features implements Basis<FeatureCode> {
  readonly d: number;
  readonly size: number;
  readonly #sae: LoadedSae;
  readonly #core: Core;
  readonly #rows: number;
  readonly #wide: number;

  /** The SAE stays its owner's. `lossless`: with its error. */
  constructor(
    engine: Engine,
    sae: LoadedSae,
    readonly lossless: boolean,
  ) {
    const { dIn, dSae } = sae.config;
    this.d = dIn;
    this.size = dSae;
    this.#sae = sae;
    this.#wide = padTo(dIn, 4);
    this.#core = engine.acquire();
    this.#rows = this.#core.alloc32(padTo(dSae, 4) * this.#wide);
    const rows = this.#core.f32(this.#rows, dSae * this.#wide);
    const { data } = sae.tensors.W_dec;
    for (let f = 0; f < dSae; f++) rows.set(data.subarray(f * dIn, (f + 1) * dIn), f * this.#wide);
  }

  code(x: Float32Array): FeatureCode {
    const { d } = this;
    const n = x.length / d;
    if (!Number.isInteger(n)) throw new UsageError(`${x.length} values are not vectors of ${d}`);
    const start = new Int32Array(n + 1);
    const entries: [feature: number, value: number][] = [];
    const begin = this.lossless ? x : new Float32Array(x.length);
    this.#sae.visit(x, n, (first, count, lists, reconstruct) => {
      for (let s = 0; s < count; s++) {
        const own: [number, number][] = [];
        for (let i = lists.start[s]; i < lists.start[s + 1]; i++)
          if (lists.value[i] !== 0) own.push([lists.index[i], lists.value[i]]);
        own.sort((a, b) => a[0] - b[0]);
        entries.push(...own);
        start[first + s + 1] = entries.length;
      }
      if (this.lossless) return;
      const { rows, stride } = reconstruct();
      for (let s = 0; s < count; s++) begin.set(rows.subarray(s * stride, s * stride + d), (first + s) * d);
    });
    return {
      ...{ x, begin, start },
      index: Int32Array.from(entries, ([feature]) => feature),
      value: Float32Array.from(entries, ([, value]) => value),
    };
  }

  zero({ x, begin, start }: FeatureCode): FeatureCode {
    const nothing = { index: new Int32Array(0), value: new Float32Array(0) };
    return { x, begin, start: new Int32Array(start.length), ...nothing };
  }

  between(bases: readonly FeatureCode[], sources: readonly FeatureCode[]): Interchange {
    const { d } = this;
    const core = this.#core;
    const wide = this.#wide;
    const [start, index, delta] = differences(bases, sources);
    const n = start.length - 1;
    const scales = this.#scales(bases);
    const patched = (mask: Float32Array): Float32Array => {
      const mark = core.mark();
      try {
        const moved = delta.map((v, i) => v * mask[index[i]]);
        const lists = { start: core.put(start), index: core.put(index), value: core.put(moved) };
        const [bDec, xhat] = [core.alloc32(wide), core.alloc32(n * wide)];
        core.kernels.f32_sae_decode({ ...lists, n, wDec: this.#rows, bDec, d: wide, xhat });
        const out = new Float32Array(n * d);
        const sums = core.f32(xhat, n * wide);
        let at = 0;
        for (const { begin } of bases)
          for (let i = 0; i < begin.length; i += d, at++)
            for (let j = 0; j < d; j++)
              out[at * d + j] = begin[i + j] + sums[at * wide + j] * (scales ? scales[at] : 1);
        return out;
      } finally {
        core.release(mark);
      }
    };
    const addMaskGradient = (gradient: Float32Array, into: Float64Array): void => {
      const mark = core.mark();
      try {
        // Lists of f32_dots_4 are read in fours.
        const at = core.alloc32(index.length + 4);
        core.i32(at, index.length).set(index);
        const [vector, out] = [core.alloc32(wide), core.alloc32(index.length + 4)];
        for (let s = 0; s < n; s++) {
          const [from, to] = [start[s], start[s + 1]];
          const row = core.f32(vector, d);
          row.set(gradient.subarray(s * d, (s + 1) * d));
          core.f32(out, to - from).fill(0);
          const rows = this.#rows;
          core.kernels.f32_dots_4({ index: at + 4 * from, n: to - from, rows, d: wide, vector, out });
          const dots = core.f32(out, to - from);
          const scale = scales ? scales[s] : 1;
          for (let i = from; i < to; i++) into[index[i]] += scale * delta[i] * dots[i - from];
        }
      } finally {
        core.release(mark);
      }
    };
    return { patched, addMaskGradient };
  }

  /** Of each base vector, what decoded values are multiplied by; undefined: 1. */
  #scales(bases: readonly FeatureCode[]): Float64Array | undefined {
    const { d } = this;
    const norm = this.#sae.config.normalizeActivations;
    if (!norm) return undefined;
    return Float64Array.from(
      bases.flatMap(({ x }) =>
        Array.from(
          { length: x.length / d },
          (_, i) => statistics(norm, x.subarray(i * d, (i + 1) * d)).scale,
        ),
      ),
    );
  }

  dispose(): void {
    this.#core.dispose();
  }
}

/** enc(source) - enc(base) of all vectors, as lists. */
function differences(
  bases: readonly FeatureCode[],
  sources: readonly FeatureCode[],
): [start: Int32Array, index: Int32Array, delta: Float32Array] {
  const most = [...bases, ...sources].reduce((n, { index }) => n + index.length, 0);
  const vectors = bases.reduce((n, { start }) => n + start.length - 1, 0);
  const start = new Int32Array(vectors + 1);
  const index = new Int32Array(most);
  const delta = new Float32Array(most);
  let [at, row] = [0, 0];
  for (const [p, base] of bases.entries()) {
    const source = sources[p];
    for (let v = 0; v + 1 < base.start.length; v++) {
      let [b, s] = [base.start[v], source.start[v]];
      const [bEnd, sEnd] = [base.start[v + 1], source.start[v + 1]];
      while (b < bEnd || s < sEnd) {
        const [fb, fs] = [b < bEnd ? base.index[b] : Infinity, s < sEnd ? source.index[s] : Infinity];
        index[at] = Math.min(fb, fs);
        delta[at++] = (fs <= fb ? source.value[s++] : 0) - (fb <= fs ? base.value[b++] : 0);
      }
      start[++row] = at;
    }
  }
  return [start, index.subarray(0, at), delta.subarray(0, at)];
}
