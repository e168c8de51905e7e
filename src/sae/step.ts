// One training step: gradients of a batch, clipping, Adam, the decoder's constraint.
// Every sum has one fixed order, so a step is a function of its state and batch alone.
import type { Core } from '../core/core.js';
import type { Architecture, Hyperparameters } from './architectures/architecture.js';
import { Auxiliary, columnMean, sum } from './auxiliary.js';
import { BlockEncoder } from './encoder.js';
import { allocParameters, listParameters, type Parameter, padTo, type SaeParameters } from './memory.js';

/** Bounds the lists of active latents: a dense SAE is stepped in blocks of samples. */
const MAX_ENTRIES = 1 << 22;

export interface StepLosses {
  /** The training loss, penalty and auxiliary term included. */
  loss: number;
  /** Squared error over squared distance from the batch mean. */
  fvu: number;
  l0: number;
}

export class TrainingStep {
  readonly parameters: SaeParameters;
  readonly gradients: SaeParameters;
  readonly moments1: SaeParameters;
  readonly moments2: SaeParameters;
  /** The batch, [B][D], scaled; padding stays zero. */
  readonly x: number;
  /** Vectors seen when each latent last fired. */
  readonly lastFired: Float64Array;
  #core: Core;
  #a: Architecture;
  #h: Hyperparameters;
  #batch: number;
  #encoder: BlockEncoder;
  #auxiliary: Auxiliary | undefined;
  #residual: number;
  #dr: number;
  #errors: number;
  #df: number;
  #csc: { first: number; next: number; sample: number; value: number; df: number };
  #norms: number;
  #sums: number;
  #row: number;

  constructor(core: Core, a: Architecture, h: Hyperparameters, parameters: SaeParameters, batch: number) {
    const { sizes } = parameters;
    const { D, F } = sizes;
    this.#core = core;
    this.#a = a;
    this.#h = h;
    this.#batch = batch;
    this.parameters = parameters;
    this.gradients = allocParameters(core, sizes);
    this.moments1 = allocParameters(core, sizes);
    this.moments2 = allocParameters(core, sizes);
    this.lastFired = new Float64Array(sizes.f);
    this.x = core.alloc32(padTo(batch, 8) * D);
    const selection = a.selection(h);
    const most = selection.rule === 'topk' ? selection.k : F;
    const block = Math.min(padTo(batch, 8), Math.max(8, 8 * Math.floor(MAX_ENTRIES / most / 8)));
    this.#encoder = new BlockEncoder(core, parameters, selection, block, a.centresInput);
    if (h.auxCoefficient > 0)
      this.#auxiliary = new Auxiliary(core, parameters, Math.min(h.auxK, sizes.f), block);
    this.#residual = core.alloc32(block * D);
    this.#dr = core.alloc32(block * D);
    this.#errors = core.alloc32(block);
    this.#df = core.alloc32(this.#encoder.capacity);
    // Lists per feature serve the auxiliary lists too, which may be longer.
    const entries = Math.max(this.#encoder.capacity, block * (this.#auxiliary?.k ?? 0));
    this.#csc = {
      first: core.alloc32(F + 1),
      next: core.alloc32(F),
      sample: core.alloc32(entries),
      value: core.alloc32(entries),
      df: core.alloc32(entries),
    };
    this.#norms = core.alloc32(F);
    this.#sums = core.alloc32(F);
    this.#row = core.alloc32(D);
  }

  /** Gradients of the batch in this.x. `l1` is the coefficient of this step; `seen` the vectors before it. */
  gradientsOf(l1: number, seen: number): StepLosses {
    const core = this.#core;
    const k = core.kernels;
    const { D, F } = this.parameters.sizes;
    const B = this.#batch;
    for (const g of listParameters(this.gradients)) core.f32(g.ptr, g.size).fill(0);
    columnMean(core, this.x, B, D, this.#row);
    const total = k.f32_squared_distance(this.x, this.#row, B, D);
    // d loss / d xhat = scale * (xhat - x)
    const scale = this.#a.normalisedLoss ? (total > 0 ? 2 / total : 0) : 2 / B;
    const revive = this.#auxiliary?.begin(this.deadLatents(seen)) ?? false;
    if (l1 > 0) k.f32_row_norms(this.parameters.wDec.ptr, F, D, this.#norms);
    let squared = 0;
    let active = 0;
    let extra = 0;
    for (let at = 0; at < B; at += this.#encoder.block) {
      const n = Math.min(this.#encoder.block, B - at);
      const result = this.#block(at, n, scale, l1, revive, seen + B);
      squared += result.squared;
      active += result.entries;
      extra += result.extra;
    }
    this.#inputBias();
    if (this.#a.unitDecoder) k.f32_row_project(this.gradients.wDec.ptr, this.parameters.wDec.ptr, F, D);
    const main = this.#a.normalisedLoss ? (total > 0 ? squared / total : 0) : squared / B;
    return { loss: main + extra, fvu: total > 0 ? squared / total : 0, l0: active / B };
  }

  #block(at: number, n: number, scale: number, l1: number, revive: boolean, now: number) {
    const core = this.#core;
    const k = core.kernels;
    const { D } = this.parameters.sizes;
    const { wDec, bDec } = this.parameters;
    const x = this.x + 4 * at * D;
    const aux = revive ? this.#auxiliary : undefined;
    const entries = this.#encoder.encode(
      x,
      n,
      aux && ((pre, first, panels) => aux.select(pre, first, panels, n)),
    );
    const { start, index, value } = this.#encoder.lists;
    k.f32_sae_decode(start, index, value, n, wDec.ptr, bDec.ptr, D, this.#residual);
    k.f32_sae_residual(this.#residual, x, n, D, this.#errors);
    k.f32_scale(this.#residual, scale, this.#dr, n * D);
    k.f32_sae_latent_grad(start, index, n, this.#dr, wDec.ptr, D, this.#df);
    if (l1 > 0) k.f32_add_indexed(this.#df, index, this.#norms, l1 / this.#batch, entries);
    this.#accumulate(this.#encoder.lists, this.#df, entries, n, this.#dr);
    k.f32_column_sums(this.#dr, n, D, this.gradients.bDec.ptr);
    this.#markFired(now);
    let extra = l1 > 0 ? this.#penalty(l1) : 0;
    if (aux) {
      extra += aux.backward(this.#residual, n, this.#h.auxCoefficient);
      this.#accumulate(aux.lists, aux.df, aux.entries, n, aux.dr);
    }
    return { squared: sum(core.f32(this.#errors, n)), entries, extra };
  }

  /** Adds the lists' part to the weight gradients and the encoder bias. */
  #accumulate(
    lists: { start: number; index: number; value: number },
    df: number,
    entries: number,
    n: number,
    dr: number,
  ) {
    const k = this.#core.kernels;
    const { D, F } = this.parameters.sizes;
    const c = this.#csc;
    k.i32_csc_count(lists.index, entries, F, c.first);
    k.i32_csc_fill(lists.start, lists.index, lists.value, df, n, F, c.first, c.next, c.sample, c.value, c.df);
    const { wDec, wEnc, bEnc } = this.gradients;
    k.f32_sae_weight_grad(
      c.first,
      c.sample,
      c.value,
      c.df,
      0,
      F,
      dr,
      this.#encoder.centred,
      D,
      wDec.ptr,
      wEnc.ptr,
      bEnc.ptr,
    );
  }

  /** lambda / B * sum_i f_i ||W_dec_i||: value, and its gradient along each decoder row. */
  #penalty(l1: number): number {
    const core = this.#core;
    const { D, F } = this.parameters.sizes;
    core.kernels.f32_feature_sums(this.#csc.first, this.#csc.value, F, this.#sums);
    const sums = core.f32(this.#sums, F);
    const norms = core.f32(this.#norms, F);
    const each = l1 / this.#batch;
    let value = 0;
    for (let f = 0; f < F; f++) {
      value += each * sums[f] * norms[f];
      sums[f] = norms[f] > 0 ? (each * sums[f]) / norms[f] : 0;
    }
    core.kernels.f32_row_axpy(this.#sums, this.parameters.wDec.ptr, F, D, this.gradients.wDec.ptr);
    return value;
  }

  #markFired(now: number): void {
    const first = this.#core.i32(this.#csc.first, this.parameters.sizes.F + 1);
    for (let f = 0; f < this.lastFired.length; f++) if (first[f + 1] > first[f]) this.lastFired[f] = now;
  }

  /** xc = x - b_dec: the encoder's side of b_dec's gradient is -sum_f db_enc[f] W_enc[f]. */
  #inputBias(): void {
    if (!this.#a.centresInput) return;
    const core = this.#core;
    const { D, F } = this.parameters.sizes;
    core.f32(this.#row, D).fill(0);
    core.kernels.f32_row_combine(this.gradients.bEnc.ptr, this.parameters.wEnc.ptr, F, D, this.#row);
    const gradient = core.f32(this.gradients.bDec.ptr, D);
    const back = core.f32(this.#row, D);
    for (let j = 0; j < D; j++) gradient[j] -= back[j];
  }

  deadLatents(seen: number): Int32Array {
    const dead: number[] = [];
    for (let f = 0; f < this.lastFired.length; f++)
      if (seen - this.lastFired[f] >= this.#h.deadAfter) dead.push(f);
    return Int32Array.from(dead);
  }

  /** Clip, Adam (step counts from 1), renormalise. Returns the gradient's norm before clipping. */
  apply(lr: number, step: number): number {
    const core = this.#core;
    const k = core.kernels;
    const { clip, beta1, beta2, epsilon } = this.#h;
    const gradients = listParameters(this.gradients);
    const norm = Math.sqrt(gradients.reduce((s, g) => s + k.f32_sum_squares(g.ptr, g.size), 0));
    const scale = clip > 0 && norm > clip ? clip / norm : 1;
    const rate = lr / (1 - core.math.pow(beta1, step));
    const correction = 1 / Math.sqrt(1 - core.math.pow(beta2, step));
    const [p, m, v] = [this.parameters, this.moments1, this.moments2].map(listParameters);
    gradients.forEach((g: Parameter, i) => {
      k.f32_adam(p[i].ptr, m[i].ptr, v[i].ptr, g.ptr, g.size, scale, rate, correction, beta1, beta2, epsilon);
    });
    const { wDec, sizes } = this.parameters;
    if (this.#a.unitDecoder) k.f32_row_normalize(wDec.ptr, sizes.F, sizes.D);
    return norm;
  }
}
