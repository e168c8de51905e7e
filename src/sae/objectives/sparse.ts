// The products of a training step over lists of active latents: reconstruction, gradient
// of each active latent, gradients of both weight matrices.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';
import type { Gradients } from '../gradients.js';
import { padTo, type SaeParameters } from '../memory.js';
import type { Slices } from '../slices/operations.js';
import { DenseProducts } from './dense.js';
import { LatentLists } from './latent-lists.js';
import type { ObjectiveContext } from './objective.js';

/** Share of entries from which matrix products are faster than gathering (docs/lab/sae.md). */
export const DENSE_SHARE = 0.45;

export class SparseProducts {
  /** xhat - x, [n][D]. */
  readonly residual: number;
  /** d loss / d xhat, [n][D]. */
  readonly dr: number;
  /** Squared error of each sample. */
  readonly errors: number;
  /** d loss / d f of each entry; architectures turn it into d loss / d pre. */
  readonly df: number;
  #core: Core;
  #p: SaeParameters;
  #gradients: Gradients;
  #slices: Slices;
  #block: number;
  #latents: LatentLists;
  #dense: DenseProducts | undefined;

  /** Of blocks of `block` vectors, with lists of `entries` at most. */
  constructor({ core, parameters: p, gradients, slices }: ObjectiveContext, block: number, entries: number) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#gradients = gradients;
    this.#slices = slices;
    this.#block = block;
    this.residual = core.alloc32(block * D);
    this.dr = core.alloc32(block * D);
    this.errors = core.alloc32(block);
    this.df = core.alloc32(entries);
    this.#latents = new LatentLists(core, F, entries);
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
    const { residual, errors } = this;
    if (dense) {
      dense.decode(lists, value, n, residual);
      kernels.f32_sae_residual({ residual, x, n, d: D, errors });
    } else {
      const { start, index } = lists;
      const [wDec, bDec] = [this.#p.wDec.ptr, this.#p.bDec.ptr];
      const operands = { start, index, value, wDec, bDec, x, d: D, residual, errors };
      this.#slices.run('reconstruct', operands, n, { work: (entries + n) * D });
    }
    return sum(this.#core.f32(this.errors, n));
  }

  /** The same, dr = scale * residual, and df = dr . W_dec[index] of each entry. */
  reconstructBack(
    lists: ActiveLists,
    { value, scale, dr = this.dr, df = this.df }: { value: number; scale: number; dr?: number; df?: number },
    entries: number,
    x: number,
    n: number,
  ): number {
    const { D: d } = this.#p.sizes;
    const { residual, errors } = this;
    if (this.#denseProducts(entries, n)) {
      const squared = this.reconstruct(lists, value, entries, x, n);
      this.#core.kernels.f32_scale({ x: residual, scale, y: dr, n: n * d });
      this.latentGradient(lists, entries, n, dr, df);
      return squared;
    }
    const { start, index } = lists;
    const [wDec, bDec] = [this.#p.wDec.ptr, this.#p.bDec.ptr];
    const operands = { start, index, value, wDec, bDec, x, d, residual, errors, scale, dr, df };
    this.#slices.run('reconstructBack', operands, n, { work: 2 * (entries + n) * d });
    return sum(this.#core.f32(errors, n));
  }

  /** dr = scale * residual. */
  scaleResidual(n: number, scale: number): void {
    const { D } = this.#p.sizes;
    this.#core.kernels.f32_scale({ x: this.residual, scale, y: this.dr, n: n * D });
  }

  /** That of b_dec by this.dr. */
  biasGradient(n: number): void {
    const { D } = this.#p.sizes;
    this.#core.kernels.f32_column_sums({ x: this.dr, n, d: D, sums: this.#gradients.bDec.ptr });
  }

  /** df of each entry: dr . W_dec[index]. */
  latentGradient(lists: ActiveLists, entries: number, n: number, dr: number, df: number): void {
    const dense = this.#denseProducts(entries, n);
    if (dense) {
      dense.latentGradient(lists, n, dr, df);
      return;
    }
    const { D: d } = this.#p.sizes;
    const { start, index } = lists;
    const operands = { start, index, dr, wDec: this.#p.wDec.ptr, d, df };
    this.#slices.run('latentGradient', operands, n, { work: (entries + n) * d });
  }

  /** A term of the weight gradients; sums[f] += sum of df. */
  accumulate(
    lists: ActiveLists,
    value: number,
    df: number,
    entries: number,
    n: number,
    xc: number,
    sums: number,
  ): void {
    const latents = this.byLatent(lists, value, df, entries, n, sums);
    const { weights } = this.#gradients;
    const dense = weights.held && this.#denseProducts(entries, n);
    if (!dense) {
      weights.add({ lists: latents, from: 0, to: this.#p.sizes.F, dr: this.dr, xc });
      return;
    }
    const { wDec, wEnc } = weights.hold();
    dense.weightGradient(latents.first, latents.sample, latents.value, this.dr, n, wDec.ptr);
    dense.weightGradient(latents.first, latents.sample, latents.df, xc, n, wEnc.ptr);
  }

  /** The lists by latent; sums[f] += sum of df. */
  byLatent(
    lists: ActiveLists,
    value: number,
    df: number,
    entries: number,
    n: number,
    sums: number,
  ): LatentLists {
    this.#latents.fill(lists, value, df, entries, n);
    this.#latents.addSums(sums);
    return this.#latents;
  }
}

/** mean[D] of rows x [n][D]. */
export function columnMean(core: Core, x: number, n: number, d: number, mean: number): void {
  core.f32(mean, d).fill(0);
  core.kernels.f32_column_sums({ x, n, d, sums: mean });
  core.kernels.f32_scale({ x: mean, scale: 1 / n, y: mean, n: d });
}

/** f64 sum in order. */
export function sum(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
