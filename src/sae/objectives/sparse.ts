// The products of a training step over lists of active latents: reconstruction, gradient
// of each active latent, gradients of both weight matrices.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';
import { padTo, type SaeParameters } from '../memory.js';
import { DenseProducts } from './dense.js';

/** Share of entries from which matrix products are faster than gathering (docs/lab/sae.md). */
const DENSE_SHARE = 0.45;

export class SparseProducts {
  /** xhat - x, [n][D]. */
  readonly residual: number;
  /** d loss / d xhat, [n][D]. */
  readonly dr: number;
  /** Squared error of each sample. */
  readonly errors: number;
  /** d loss / d f of each entry; architectures turn it into d loss / d pre. */
  readonly df: number;
  /** Lists per latent of the last accumulate(): first i32[F + 1], sample, value, df. */
  csc: { first: number; next: number; sample: number; value: number; df: number };
  #core: Core;
  #p: SaeParameters;
  #gradients: SaeParameters;
  #block: number;
  /** What the lists per latent hold. */
  #entries: number;
  #dense: DenseProducts | undefined;

  constructor(core: Core, p: SaeParameters, gradients: SaeParameters, block: number, entries: number) {
    const { D } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#gradients = gradients;
    this.#block = block;
    this.residual = core.alloc32(block * D);
    this.dr = core.alloc32(block * D);
    this.errors = core.alloc32(block);
    this.df = core.alloc32(entries);
    this.csc = this.#perLatent(entries);
    this.#entries = entries;
  }

  #perLatent(entries: number): SparseProducts['csc'] {
    const core = this.#core;
    const { F } = this.#p.sizes;
    return {
      first: core.alloc32(F + 1),
      next: core.alloc32(F),
      sample: core.alloc32(entries),
      value: core.alloc32(entries),
      df: core.alloc32(entries),
    };
  }

  /** Makes accumulate() take lists of so many entries, where that is more than reconstruct() does. */
  makeRoom(entries: number): void {
    if (entries <= this.#entries) return;
    this.csc = this.#perLatent(entries);
    this.#entries = entries;
  }

  /** Allocated when lists are dense for the first time; most runs of sparse architectures never need it. */
  #denseProducts(entries: number, n: number): DenseProducts | undefined {
    if (entries <= DENSE_SHARE * n * this.#p.sizes.F) return undefined;
    this.#dense ??= new DenseProducts(this.#core, this.#p, padTo(this.#block, 8));
    return this.#dense;
  }

  /** residual = f W_dec + b_dec - x and the squared errors; returns their sum. */
  reconstruct(lists: ActiveLists, value: number, entries: number, x: number, n: number): number {
    const { kernels } = this.#core;
    const { D } = this.#p.sizes;
    const dense = this.#denseProducts(entries, n);
    if (dense) dense.decode(lists, value, n, this.residual);
    else
      kernels.f32_sae_decode(
        lists.start,
        lists.index,
        value,
        n,
        this.#p.wDec.ptr,
        this.#p.bDec.ptr,
        D,
        this.residual,
      );
    kernels.f32_sae_residual(this.residual, x, n, D, this.errors);
    return sum(this.#core.f32(this.errors, n));
  }

  /** dr = scale * residual, b_dec's gradient, and df. */
  backward(lists: ActiveLists, entries: number, n: number, scale: number): void {
    this.scaleResidual(n, scale);
    this.latentGradient(lists, entries, n, this.dr, this.df);
  }

  /** dr = scale * residual, and b_dec's gradient. */
  scaleResidual(n: number, scale: number): void {
    const { kernels } = this.#core;
    const { D } = this.#p.sizes;
    kernels.f32_scale(this.residual, scale, this.dr, n * D);
    kernels.f32_column_sums(this.dr, n, D, this.#gradients.bDec.ptr);
  }

  /** df of each entry: dr . W_dec[index]. */
  latentGradient(lists: ActiveLists, entries: number, n: number, dr: number, df: number): void {
    const dense = this.#denseProducts(entries, n);
    if (dense) dense.latentGradient(lists, n, dr, df);
    else
      this.#core.kernels.f32_sae_latent_grad(
        lists.start,
        lists.index,
        n,
        dr,
        this.#p.wDec.ptr,
        this.#p.sizes.D,
        df,
      );
  }

  /** gDec[f] += sum value dr[b], gEnc[f] += sum dpre xc[b], sums[f] += sum dpre. */
  accumulate(
    lists: ActiveLists,
    value: number,
    dpre: number,
    entries: number,
    n: number,
    dr: number,
    xc: number,
    sums: number,
  ): void {
    this.transpose(lists, value, dpre, entries, n);
    const { wDec, wEnc } = this.#gradients;
    const { first, sample, value: valueT, df } = this.csc;
    const dense = this.#denseProducts(entries, n);
    if (!dense) {
      this.weightGradient(0, this.#p.sizes.F, dr, xc, sums);
      return;
    }
    dense.weightGradient(first, sample, valueT, dr, n, wDec.ptr);
    dense.weightGradient(first, sample, df, xc, n, wEnc.ptr);
    this.#core.kernels.f32_add_feature_sums(first, df, this.#p.sizes.F, sums);
  }

  /** Lists per sample -> this.csc. */
  transpose(lists: ActiveLists, value: number, dpre: number, entries: number, n: number): void {
    const { kernels } = this.#core;
    const { F } = this.#p.sizes;
    const c = this.csc;
    kernels.i32_csc_count(lists.index, entries, F, c.first);
    kernels.i32_csc_fill(
      lists.start,
      lists.index,
      value,
      dpre,
      n,
      F,
      c.first,
      c.next,
      c.sample,
      c.value,
      c.df,
    );
  }

  /** Weight gradients of features [from, to) from this.csc. */
  weightGradient(from: number, to: number, dr: number, xc: number, sums: number): void {
    const c = this.csc;
    const { wDec, wEnc } = this.#gradients;
    this.#core.kernels.f32_sae_weight_grad(
      c.first,
      c.sample,
      c.value,
      c.df,
      from,
      to,
      dr,
      xc,
      this.#p.sizes.D,
      wDec.ptr,
      wEnc.ptr,
      sums,
    );
  }
}

/** mean[D] of rows x [n][D]. */
export function columnMean(core: Core, x: number, n: number, d: number, mean: number): void {
  core.f32(mean, d).fill(0);
  core.kernels.f32_column_sums(x, n, d, mean);
  core.kernels.f32_scale(mean, 1 / n, mean, d);
}

/** f64 sum in order. */
export function sum(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
