// The loss of every architecture whose active latents are chosen values of one
// pre-activation: squared error of one or several nested reconstructions, a sparsity
// penalty, reconstructions from dead or from more latents.
//   loss = sum over prefixes g of error(f_{< F_g} W_dec + b_dec, x) + penalty + auxiliary terms
// Prefixes (Matryoshka): latents i < F_g alone. Their increments are decoded one after the
// other; a latent of group g meets the residuals of all prefixes that hold it, so its
// gradient is taken with their sum, dr_g = sum_{h >= g} scale * residual_h.
import type { Core } from '../../core/core.js';
import type { BlockEncoder } from '../encoder.js';
import type { WeightGradients } from '../gradients.js';
import { padTo, type SaeParameters } from '../memory.js';
import { annealedK } from '../schedule.js';
import { Auxiliary } from './auxiliary.js';
import { DeadLatents } from './dead.js';
import type { LatentLists } from './latent-lists.js';
import {
  type BlockLosses,
  blockOf,
  denseBlock,
  type Objective,
  type ObjectiveContext,
  type StepState,
} from './objective.js';
import type { Penalty } from './penalty.js';
import { DENSE_SHARE, SparseProducts, sum } from './sparse.js';

/** Weight of the reconstruction from multiK latents (Gao et al.). */
const MULTI_WEIGHT = 1 / 8;
/** Rate of the running mean of the smallest kept activation, BatchTopK's inference threshold (SAELens). */
const THRESHOLD_RATE = 0.01;

export class PlainObjective implements Objective {
  readonly block: number;
  readonly encoder: BlockEncoder;
  readonly encoderSums: number;
  readonly state: Record<string, Float64Array>;
  #core: Core;
  #c: ObjectiveContext;
  #p: SaeParameters;
  #products: SparseProducts;
  #penalty: Penalty | undefined;
  #dead: { latents: DeadLatents; term: Auxiliary } | undefined;
  #multi: { encoder: BlockEncoder; term: Auxiliary } | undefined;
  #prefixes: Prefixes | undefined;
  #threshold: Float64Array | undefined;
  #batchwide: boolean;

  constructor(c: ObjectiveContext, penalty?: Penalty) {
    const { core, h, parameters, gradients, batch, selection, centresInput } = c;
    const { F, f, D } = parameters.sizes;
    this.#core = core;
    this.#c = c;
    this.#p = parameters;
    this.#penalty = penalty;
    this.encoderSums = gradients.bEnc.ptr;
    this.#batchwide = selection.rule === 'batchtopk';
    const most = 'k' in selection ? (selection.most ?? selection.k) : F;
    this.block = this.#batchwide
      ? padTo(batch, 8)
      : 'k' in selection
        ? blockOf(batch, most)
        : denseBlock(batch, F);
    this.encoder = c.encoders.make(selection, this.block, centresInput);
    // Not held: few entries in a single block, and nothing but sums over them.
    const { weights } = gradients;
    if (weights.small || penalty || most > DENSE_SHARE * F || this.block < batch) weights.hold();
    const { multiK = 0, groups } = h;
    this.#products = new SparseProducts(c, this.block, this.encoder.capacity);
    if (multiK > 0) {
      const k = Math.min(multiK, f);
      const encoder = c.encoders.make({ rule: 'topk', k }, this.block, centresInput);
      const term = new Auxiliary(core, parameters, gradients, c.slices, this.block, encoder.capacity, true);
      this.#multi = { encoder, term };
    }
    if (groups && groups.length > 1) this.#prefixes = new Prefixes(core, groups, this.block, D);
    this.#threshold = this.#batchwide ? new Float64Array(1) : undefined;
    this.state = { ...penalty?.state, ...(this.#threshold && { threshold: this.#threshold }) };
  }

  get errors(): number {
    return this.#products.errors;
  }

  get residual(): number {
    return this.#products.residual;
  }

  begin({ dead, step, steps }: StepState): void {
    this.#penalty?.begin(step, steps);
    const k = annealedK(this.#c.h, step, steps);
    if (k !== undefined) this.encoder.keep(this.#batchwide ? k : Math.floor(k));
    const { auxK = 0, auxCoefficient = 0 } = this.#c.h;
    if (!dead.length || !(auxK > 0 && auxCoefficient > 0)) return;
    this.#dead ??= this.#auxiliary(auxK);
    this.#dead.latents.begin(dead);
  }

  /** Memory for dead latents is taken when there are some. */
  #auxiliary(auxK: number): { latents: DeadLatents; term: Auxiliary } {
    const core = this.#core;
    const p = this.#p;
    const { gradients, slices } = this.#c;
    const latents = new DeadLatents(core, p, slices, Math.min(auxK, p.sizes.f), this.block);
    const term = new Auxiliary(core, p, gradients, slices, this.block, latents.lists.capacity, false);
    return { latents, term };
  }

  blockGradients(x: number, n: number, s: StepState, fired: number): BlockLosses {
    const { kernels } = this.#core;
    const products = this.#products;
    const dead = s.dead.length ? this.#dead : undefined;
    let found: number | undefined;
    const entries = this.encoder.encode(
      x,
      n,
      dead && {
        ...{ latents: s.dead, k: dead.latents.k },
        listsOf: (rows) => {
          found = dead.latents.encode(rows, n);
          return dead.latents.lists;
        },
      },
    );
    const { lists, centred } = this.encoder;
    const { bDec, bEnc } = { bDec: this.#c.gradients.bDec.ptr, bEnc: this.encoderSums };
    if (this.#threshold) this.#follow(entries, s.step);
    const losses = this.#prefixes
      ? this.#prefixes.losses(products, this.#p, lists, entries, x, n, s.scale, bDec)
      : {
          squared: products.reconstructBack(lists, { value: lists.value, scale: s.scale }, entries, x, n),
          weighted: undefined,
        };
    if (!this.#prefixes) products.biasGradient(n);
    let extra = 0;
    if (this.#penalty && s.l1 > 0)
      extra += this.#penalty.apply(
        { index: lists.index, value: lists.value, df: products.df, entries },
        s.l1 / this.#c.batch,
      );
    if (this.#prefixes) {
      const latents = products.byLatent(lists, lists.value, products.df, entries, n, bEnc);
      this.#prefixes.accumulate(this.#c.gradients.weights, latents, centred);
    } else products.accumulate(lists, lists.value, products.df, entries, n, centred, bEnc);
    kernels.i32_count_active({ index: lists.index, value: lists.value, n: entries, counts: fired });
    if (dead) {
      const { latents, term } = dead;
      kernels.f32_scale({ x: products.residual, scale: -1, y: term.target, n: n * this.#p.sizes.D });
      found ??= latents.encode(centred, n);
      extra += term.backward(latents.lists, found, n, this.#c.h.auxCoefficient ?? 0, centred, bEnc);
    }
    if (this.#multi) {
      const { encoder, term } = this.#multi;
      const bytes = 4 * n * this.#p.sizes.D;
      this.#core.u8(term.target, bytes).set(this.#core.u8(x, bytes));
      const found = encoder.encode(x, n);
      extra += term.backward(encoder.lists, found, n, MULTI_WEIGHT, centred, bEnc);
    }
    this.#penalty?.finish?.();
    return { ...losses, active: entries, extra };
  }

  /** Running mean of the smallest kept activation; the plain mean over the first 100 steps. */
  #follow(entries: number, step: number): void {
    const t = this.#threshold!;
    let { least } = this.encoder;
    if (least === 0) {
      // Fewer than k n latents fired: all of them are kept.
      least = Number.POSITIVE_INFINITY;
      for (const v of this.#core.f32(this.encoder.lists.value, entries)) if (v < least) least = v;
      if (!Number.isFinite(least)) return;
    }
    t[0] += Math.max(THRESHOLD_RATE, 1 / (step + 1)) * (least - t[0]);
  }

  exported(): Record<string, Float32Array> {
    if (!this.#threshold) return {};
    return { threshold: new Float32Array(this.#p.sizes.f).fill(this.#threshold[0]) };
  }
}

/** Nested prefixes of latents, their residuals and gradients. */
class Prefixes {
  /** dr of each group, [n][D]. */
  #residuals: number[];
  /** First entry of each sample in each group, i32[n]; one more for the end. */
  #bounds: number[];
  #one: number;
  #d: number;

  constructor(
    readonly core: Core,
    readonly groups: readonly number[],
    block: number,
    D: number,
  ) {
    this.#d = D;
    this.#residuals = groups.map(() => core.alloc32(block * D));
    this.#bounds = [0, ...groups].map(() => core.alloc32(block));
    this.#one = core.put(Float32Array.of(1));
  }

  /** Residuals of every prefix, and df of every entry. `squared` is the whole SAE's error, `weighted` the sum. */
  losses(
    products: SparseProducts,
    p: SaeParameters,
    lists: { start: number; index: number; value: number },
    entries: number,
    x: number,
    n: number,
    scale: number,
    gradientBias: number,
  ): { squared: number; weighted: number } {
    const { core, groups } = this;
    const { kernels } = core;
    const D = this.#d;
    this.#cut(lists, entries, n);
    let [squared, weighted] = [0, 0];
    const spans = groups.map((_, g) => [this.#bounds[g], this.#bounds[g + 1]] as const);
    spans.forEach(([from, to], g) => {
      // The prefix's reconstruction continues from the one before.
      const before = g ? this.#residuals[g - 1] : p.bDec.ptr;
      kernels.f32_sae_decode_spans({
        from,
        to,
        index: lists.index,
        value: lists.value,
        n,
        wDec: p.wDec.ptr,
        init: before,
        initStride: g ? D : 0,
        d: D,
        xhat: this.#residuals[g],
      });
    });
    for (const residual of this.#residuals) {
      kernels.f32_sae_residual({ residual, x, n, d: D, errors: products.errors });
      squared = sum(core.f32(products.errors, n));
      weighted += squared;
    }
    const last = this.#residuals[groups.length - 1];
    core.u8(products.residual, 4 * n * D).set(core.u8(last, 4 * n * D));
    for (let g = groups.length - 1; g >= 0; g--) {
      const dr = this.#residuals[g];
      kernels.f32_scale({ x: dr, scale, y: dr, n: n * D });
      if (g + 1 < groups.length)
        kernels.f32_row_axpy({ a: this.#one, x: this.#residuals[g + 1], n: 1, d: n * D, y: dr });
      const [from, to] = spans[g];
      kernels.f32_sae_latent_grad_spans({
        from,
        to,
        index: lists.index,
        n,
        dr,
        wDec: p.wDec.ptr,
        d: D,
        df: products.df,
      });
    }
    kernels.f32_column_sums({ x: this.#residuals[0], n, d: D, sums: gradientBias });
    return { squared, weighted };
  }

  accumulate(weights: WeightGradients, lists: LatentLists, xc: number): void {
    this.groups.forEach((end, g) => {
      const to = g + 1 === this.groups.length ? padTo(end, 4) : end;
      weights.add({ lists, from: g ? this.groups[g - 1] : 0, to, dr: this.#residuals[g], xc });
    });
  }

  /** Where each sample's entries (in order of index) pass from one group to the next. */
  #cut(lists: { start: number; index: number }, entries: number, n: number): void {
    const start = this.core.i32(lists.start, n + 1);
    const index = this.core.i32(lists.index, entries);
    const bounds = this.#bounds.map((b) => this.core.i32(b, n));
    for (let s = 0; s < n; s++) {
      let at = start[s];
      bounds[0][s] = at;
      this.groups.forEach((end, g) => {
        while (at < start[s + 1] && index[at] < end) at++;
        bounds[g + 1][s] = at;
      });
    }
  }
}
