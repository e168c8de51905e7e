// The products of sparse.ts as matrix products, for lists that are not sparse yet: at the
// start of training half of the latents of a ReLU fire, and gathering rows one by one costs
// more than multiplying with the zeros. Sums run in the same order, and adding a zero
// changes nothing: decoding and weight gradients have the bits of the sparse form.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';
import { padTo, type SaeParameters } from '../memory.js';

/** Samples or latents whose dense rows exist at a time. */
const TILE = 64;
/** Features per pass of the encoder kernel. */
const FEATURE_BLOCK = 32;

export class DenseProducts {
  #core: Core;
  #p: SaeParameters;
  #dense: number;
  #packedDecoder: number;
  #packedRows: number;
  #product: number;
  #bias: number;
  #edge: number;
  #rows: number;
  #panels: number;
  #interleaved: number;
  #pre: number;
  #one: number;

  constructor(core: Core, p: SaeParameters, block: number) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#dense = core.alloc32(TILE * Math.max(F, block));
    this.#packedDecoder = core.alloc32(padTo(D, 8) * F);
    this.#packedRows = core.alloc32(padTo(D, 8) * block);
    this.#product = core.alloc32(TILE * D);
    this.#bias = core.alloc32(padTo(Math.max(D, F), 8));
    this.#edge = core.alloc32(TILE * 8);
    this.#rows = core.alloc32(TILE * D);
    this.#panels = core.alloc32(TILE * D);
    this.#interleaved = core.alloc32(FEATURE_BLOCK * D);
    this.#pre = core.alloc32(TILE * F);
    this.#one = core.put(Float32Array.of(1));
  }

  /** xhat [n][D] = f W_dec + b_dec. */
  decode(lists: ActiveLists, value: number, n: number, xhat: number): void {
    const { kernels } = this.#core;
    const { D, F } = this.#p.sizes;
    kernels.f32_gemm_pack8({ b: this.#p.wDec.ptr, ldb: D, packed: this.#packedDecoder, k: F, n: D });
    this.#core.f32(this.#bias, padTo(Math.max(D, F), 8)).fill(0);
    this.#core.f32(this.#bias, D).set(this.#core.f32(this.#p.bDec.ptr, D));
    for (let at = 0; at < n; at += TILE) {
      const m = Math.min(TILE, n - at);
      kernels.f32_sae_scatter({
        start: lists.start + 4 * at,
        index: lists.index,
        value,
        n: m,
        columns: F,
        out: this.#dense,
      });
      kernels.f32_gemm_4x8({
        a: this.#dense,
        lda: F,
        packed: this.#packedDecoder,
        bias: this.#bias,
        c: xhat + 4 * at * D,
        ldc: D,
        m,
        n: D,
        k: F,
        edge: this.#edge,
      });
    }
  }

  /** df of every entry: dr[b] . W_dec[index]. dr has room for n rounded up to 8. */
  latentGradient(lists: ActiveLists, n: number, dr: number, df: number): void {
    const { kernels } = this.#core;
    const { D, F } = this.#p.sizes;
    this.#core.f32(this.#bias, Math.max(D, F)).fill(0);
    for (let at = 0; at < n; at += TILE) {
      const m = Math.min(TILE, n - at);
      const panels = padTo(m, 8) >> 3;
      kernels.f32_sae_pack_8({
        x: dr + 4 * at * D,
        offset: this.#bias,
        rows: this.#rows,
        panels: this.#panels,
        n: 8 * panels,
        d: D,
      });
      kernels.f32_sae_encode_4x8({
        panels: this.#panels,
        panelCount: panels,
        wEnc: this.#p.wDec.ptr,
        bias: this.#bias,
        out: this.#pre,
        d: D,
        f: F,
        block: FEATURE_BLOCK,
        scratch: this.#interleaved,
      });
      kernels.f32_sae_pick_8({
        start: lists.start + 4 * at,
        index: lists.index,
        n: m,
        tile: this.#pre,
        f: F,
        out: df,
      });
    }
  }

  /** gradient [F][D] += sum over entries of value * rows[sample], from lists per latent (first, sample, value). */
  weightGradient(
    first: number,
    sample: number,
    value: number,
    rows: number,
    n: number,
    gradient: number,
  ): void {
    const { kernels } = this.#core;
    const { D, F } = this.#p.sizes;
    kernels.f32_gemm_pack8({ b: rows, ldb: D, packed: this.#packedRows, k: n, n: D });
    this.#core.f32(this.#bias, D).fill(0);
    for (let at = 0; at < F; at += TILE) {
      const m = Math.min(TILE, F - at);
      kernels.f32_sae_scatter({
        start: first + 4 * at,
        index: sample,
        value,
        n: m,
        columns: n,
        out: this.#dense,
      });
      kernels.f32_gemm_4x8({
        a: this.#dense,
        lda: n,
        packed: this.#packedRows,
        bias: this.#bias,
        c: this.#product,
        ldc: D,
        m,
        n: D,
        k: n,
        edge: this.#edge,
      });
      kernels.f32_row_axpy({ a: this.#one, x: this.#product, n: 1, d: m * D, y: gradient + 4 * at * D });
    }
  }
}
