// Losses of JumpReLU SAEs (Rajamanoharan et al. 2407.14435; METHODS 3.5), with
// straight-through gradients for the thresholds theta (stored and trained as they are):
//   f = pre 1[pre > theta]
//   step       lambda sum H(pre - theta)
//   quadratic  lambda (L0 / L0* - 1)^2
//   tanh       lambda sum tanh(4 f ||W_dec_i||) + 3e-6 sum over dead ReLU(theta - pre) ||W_dec_i||
// Lists hold what the gradients can reach: pre > theta - bandwidth / 2. The last form also
// reaches the silent samples of dead latents: theirs is a sum over all samples, which needs
// no lists, less the few with pre >= theta. Products over latents that fire run on lists of
// the active entries alone.
import type { Core } from '../../core/core.js';
import type { ActiveLists, BlockEncoder } from '../encoder.js';
import { type Parameter, padTo } from '../memory.js';
import {
  type BlockLosses,
  denseBlock,
  type Objective,
  type ObjectiveContext,
  type StepState,
} from './objective.js';
import { SparseProducts } from './sparse.js';

const TANH_SCALE = 4;
const PREACT_COEFFICIENT = 3e-6;

export class JumpReluObjective implements Objective {
  readonly block: number;
  readonly encoder: BlockEncoder;
  readonly encoderSums: number;
  readonly state = {};
  #core: Core;
  #c: ObjectiveContext;
  #products: SparseProducts;
  /** Gradients of W_dec and W_enc. */
  #weights: { wDec: Parameter; wEnc: Parameter };
  #thresholds: number;
  /** Active entries, and where they stand in the encoder's lists. */
  #active: ActiveLists & { at: number };
  /** d loss / d f of the encoder's entries. */
  #df: number;
  #norms: number;
  #gNorm: number;
  #dead: number;
  #sum: number;
  #bandwidth: number;
  #penalty: string;

  constructor(c: ObjectiveContext) {
    const { core, h, parameters, gradients, batch } = c;
    const { F } = parameters.sizes;
    this.#core = core;
    this.#c = c;
    this.#bandwidth = h.bandwidth!;
    this.#penalty = h.penalty!;
    // The quadratic form's gradient depends on the L0 of the whole batch.
    this.block = h.penalty === 'quadratic' ? padTo(batch, 8) : denseBlock(batch, F);
    this.#thresholds = core.alloc32(F);
    const selection = { rule: 'above', thresholds: this.#thresholds } as const;
    this.encoder = c.encoders.make(selection, this.block, c.centresInput);
    this.#products = new SparseProducts(c, this.block, this.encoder.capacity);
    this.encoderSums = gradients.bEnc.ptr;
    this.#weights = gradients.weights.hold();
    const { capacity } = this.encoder;
    this.#active = {
      start: core.alloc32(this.block + 1),
      index: core.alloc32(capacity),
      value: core.alloc32(capacity),
      at: core.alloc32(capacity),
    };
    this.#df = core.alloc32(capacity);
    this.#norms = core.alloc32(F);
    this.#gNorm = core.alloc32(F);
    this.#dead = core.alloc32(F);
    this.#sum = core.alloc32(parameters.sizes.D);
  }

  get errors(): number {
    return this.#products.errors;
  }

  get residual(): number {
    return this.#products.residual;
  }

  start(): void {
    const { parameters, h } = this.#c;
    this.#core.f32(parameters.extra.threshold.ptr, h.dSae).fill(h.threshold!);
  }

  /** theta >= 0: below, latents of negative activation would take part, which no trained SAE has. */
  constrain(): void {
    const { parameters, h } = this.#c;
    const theta = this.#core.f32(parameters.extra.threshold.ptr, h.dSae);
    for (let i = 0; i < theta.length; i++) if (theta[i] < 0) theta[i] = 0;
  }

  begin({ dead }: StepState): void {
    const core = this.#core;
    const { D, F, f } = this.#c.parameters.sizes;
    const theta = core.f32(this.#c.parameters.extra.threshold.ptr, F);
    const lowest = core.f32(this.#thresholds, F);
    const marks = core.i32(this.#dead, F);
    marks.fill(0);
    // A hair wider than the window: the kernel that uses the entries decides exactly.
    for (let i = 0; i < F; i++) lowest[i] = theta[i] - 0.501 * this.#bandwidth;
    // Padded latents have pre-activation 0 and must stay silent.
    for (let i = f; i < F; i++) lowest[i] = Number.POSITIVE_INFINITY;
    if (this.#penalty === 'tanh') {
      for (const i of dead) marks[i] = 1;
      const operands = { x: this.#c.parameters.wDec.ptr, d: D, norms: this.#norms };
      this.#c.slices.run('rowNorms', operands, F, { work: F * D });
      core.f32(this.#gNorm, F).fill(0);
    }
  }

  blockGradients(x: number, n: number, s: StepState, fired: number): BlockLosses {
    const core = this.#core;
    const { kernels } = core;
    const { h, parameters, gradients, batch } = this.#c;
    const products = this.#products;
    const theta = parameters.extra.threshold.ptr;
    const gTheta = gradients.extra.threshold.ptr;
    const entries = this.encoder.encode(x, n);
    const { lists, centred } = this.encoder;
    const pre = lists.value;
    const on = this.#active;
    const active = kernels.f32_jumprelu({
      start: lists.start,
      index: lists.index,
      pre,
      n,
      theta,
      activeStart: on.start,
      activeIndex: on.index,
      activeValue: on.value,
      activeAt: on.at,
    });
    const squared = products.reconstruct(on, on.value, active, x, n);
    products.scaleResidual(n, s.scale);
    products.biasGradient(n);
    products.latentGradient(lists, entries, n, products.dr, this.#df);
    let step = 0; // coefficient of H
    let extra = 0;
    if (this.#penalty === 'step') {
      step = s.l1 / batch;
      extra = step * active;
    } else if (this.#penalty === 'quadratic') {
      const excess = active / n / h.targetL0! - 1;
      extra = s.l1 * excess * excess;
      step = (2 * s.l1 * excess) / (h.targetL0! * n);
    } else
      extra = kernels.f32_tanh_penalty({
        index: lists.index,
        pre,
        df: this.#df,
        n: entries,
        theta,
        norms: this.#norms,
        c: TANH_SCALE,
        scale: s.l1 / batch,
        gNorm: this.#gNorm,
      });
    kernels.f32_jumprelu_grad({
      index: lists.index,
      pre,
      df: this.#df,
      n: entries,
      theta,
      width: this.#bandwidth,
      step,
      gTheta,
    });
    const [df, all, at] = [
      core.f32(products.df, active),
      core.f32(this.#df, entries),
      core.i32(on.at, active),
    ];
    for (let i = 0; i < active; i++) df[i] = all[at[i]];
    if (this.#penalty === 'tanh') {
      if (s.dead.length)
        extra +=
          this.#silence(s.dead, centred, n) +
          kernels.f32_preact_correction({
            index: on.index,
            pre: on.value,
            dpre: products.df,
            n: active,
            theta,
            norms: this.#norms,
            dead: this.#dead,
            scale: PREACT_COEFFICIENT / batch,
            gTheta,
            gNorm: this.#gNorm,
          });
      this.#alongRows();
    }
    products.accumulate(on, on.value, products.df, active, n, centred, this.encoderSums);
    kernels.i32_count_active({ index: on.index, value: on.value, n: active, counts: fired });
    return { squared, active, extra };
  }

  /** scale * sum over all n samples of (theta - pre) ||w|| for the dead latents, and its gradients. */
  #silence(dead: Int32Array, centred: number, n: number): number {
    const core = this.#core;
    const { parameters, gradients, batch } = this.#c;
    const { D, F } = parameters.sizes;
    const scale = PREACT_COEFFICIENT / batch;
    core.f32(this.#sum, D).fill(0);
    core.kernels.f32_column_sums({ x: centred, n, d: D, sums: this.#sum });
    const x = core.f32(this.#sum, D);
    const w = core.f32(parameters.wEnc.ptr, F * D);
    const gw = core.f32(this.#weights.wEnc.ptr, F * D);
    const vector = (ptr: number) => core.f32(ptr, F);
    const [bias, gBias] = [vector(parameters.bEnc.ptr), vector(this.encoderSums)];
    const [theta, gTheta] = [vector(parameters.extra.threshold.ptr), vector(gradients.extra.threshold.ptr)];
    const [norms, gNorm] = [vector(this.#norms), vector(this.#gNorm)];
    let penalty = 0;
    for (const i of dead) {
      let pre = n * bias[i];
      for (let j = 0; j < D; j++) pre += x[j] * w[i * D + j];
      const gap = n * theta[i] - pre;
      const slope = scale * norms[i];
      penalty += slope * gap;
      gNorm[i] += scale * gap;
      gTheta[i] += slope * n;
      gBias[i] -= slope * n;
      for (let j = 0; j < D; j++) gw[i * D + j] -= slope * x[j];
    }
    return penalty;
  }

  /** gW_dec += gNorm W_dec / ||W_dec||, and gNorm back to 0. */
  #alongRows(): void {
    const core = this.#core;
    const { D, F } = this.#c.parameters.sizes;
    const g = core.f32(this.#gNorm, F);
    const norms = core.f32(this.#norms, F);
    for (let i = 0; i < F; i++) g[i] = norms[i] > 0 ? g[i] / norms[i] : 0;
    const operands = { a: this.#gNorm, x: this.#c.parameters.wDec.ptr, d: D, y: this.#weights.wDec.ptr };
    this.#c.slices.run('addRows', operands, F, { work: F * D });
    g.fill(0);
  }
}
