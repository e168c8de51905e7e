// Sparsity penalties on active latents: what they add to the loss, to d loss / d f of each
// entry, and to the decoder's gradient.
import type { Core } from '../../core/core.js';
import type { WeightGradients } from '../gradients.js';
import type { Parameter, SaeParameters } from '../memory.js';
import type { Slices } from '../slices/operations.js';

export interface Penalised {
  index: number;
  /** f of each entry, > 0. */
  value: number;
  df: number;
  entries: number;
}

export interface Penalty {
  begin(step: number, steps: number): void;
  /** Adds to df; returns the penalty, in the loss's scale: `each` = lambda / B. */
  apply(lists: Penalised, each: number): number;
  finish?(): void;
  state: Record<string, Float64Array>;
}

/** sum_i f_i ||W_dec_i||: free decoder norms (April 2024). */
export class NormWeightedL1 implements Penalty {
  readonly state = {};
  #core: Core;
  #p: SaeParameters;
  #slices: Slices;
  #gradient: Parameter;
  #norms: number;
  #sums: number;

  constructor(core: Core, p: SaeParameters, weights: WeightGradients, slices: Slices) {
    this.#core = core;
    this.#slices = slices;
    this.#p = p;
    this.#gradient = weights.hold().wDec;
    this.#norms = core.alloc32(p.sizes.F);
    this.#sums = core.alloc32(p.sizes.F);
  }

  begin(): void {
    const { D, F } = this.#p.sizes;
    const operands = { x: this.#p.wDec.ptr, d: D, norms: this.#norms };
    this.#slices.run('rowNorms', operands, F, { work: F * D });
  }

  apply({ index, value, df, entries }: Penalised, each: number): number {
    const core = this.#core;
    const { D, F } = this.#p.sizes;
    core.kernels.f32_add_indexed({ df, index, table: this.#norms, scale: each, n: entries });
    // The part along each decoder row: each * (sum f_i) W_dec_i / ||W_dec_i||.
    core.f32(this.#sums, F).fill(0);
    core.kernels.f32_sums_by_index({ index, value, n: entries, sums: this.#sums });
    const sums = core.f32(this.#sums, F);
    const norms = core.f32(this.#norms, F);
    let loss = 0;
    for (let f = 0; f < F; f++) {
      loss += each * sums[f] * norms[f];
      sums[f] = norms[f] > 0 ? (each * sums[f]) / norms[f] : 0;
    }
    const operands = { a: this.#sums, x: this.#p.wDec.ptr, d: D, y: this.#gradient.ptr };
    this.#slices.run('addRows', operands, F, { work: F * D });
    return loss;
  }
}

/** Below this an activation counts as this large: f^p has an infinite slope at 0. */
const FLOOR = 1e-4;
/** Batches over which a change of p is balanced, and changes per run (METHODS 3.8). */
const QUEUE = 10;
const CHANGES = 100;

/**
 * sum_i f_i^p with unit decoder rows. p is 1 over the first tenth of the run, then falls to
 * pEnd in equal changes; at each, lambda is multiplied by mean(sum f^p_old) /
 * mean(sum f^p_new) over the last 10 batches. pEnd = 1 is the plain L1 of Bricken et al. 2023.
 */
export class AnnealedPower implements Penalty {
  /** lambda's factor, changes so far, batches since; sums of f^p, and of f^p at the next p, of the last ones. */
  readonly state: { annealing: Float64Array };
  #core: Core;
  #pEnd: number;
  #changes = 0;
  #now = 0;
  #next = 0;

  constructor(core: Core, pEnd: number) {
    this.#core = core;
    this.#pEnd = pEnd;
    this.state = { annealing: new Float64Array(3 + 2 * QUEUE) };
    this.state.annealing[0] = 1;
  }

  begin(step: number, steps: number): void {
    const s = this.state.annealing;
    const from = Math.floor(steps / 10);
    this.#changes = Math.min(CHANGES, steps - from);
    const change = step < from ? 0 : Math.floor(((step - from) * this.#changes) / (steps - from)) + 1;
    if (change !== s[1]) {
      let [before, after] = [0, 0];
      for (let i = 0; i < Math.min(QUEUE, s[2]); i++) {
        before += s[3 + i];
        after += s[3 + QUEUE + i];
      }
      if (before > 0 && after > 0) s[0] *= before / after;
      s[1] = change;
      s[2] = 0;
    }
    this.#now = 0;
    this.#next = 0;
  }

  #power(change: number): number {
    return 1 - (1 - this.#pEnd) * Math.min(1, change / this.#changes);
  }

  apply({ value, df, entries }: Penalised, each: number): number {
    const { kernels } = this.#core;
    const s = this.state.annealing;
    const sum = kernels.f32_pow_penalty({
      value,
      df,
      n: entries,
      exponent: this.#power(s[1]),
      scale: each * s[0],
      floor: FLOOR,
    });
    this.#now += sum;
    if (this.#pEnd < 1)
      this.#next += kernels.f32_pow_sum({ value, n: entries, exponent: this.#power(s[1] + 1), floor: FLOOR });
    return sum * each * s[0];
  }

  finish(): void {
    const s = this.state.annealing;
    const slot = s[2] % QUEUE;
    s[3 + slot] = this.#now;
    s[3 + QUEUE + slot] = this.#next;
    s[2]++;
  }
}
