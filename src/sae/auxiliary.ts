// AuxK: dead latents reconstruct what the live ones missed (Gao et al. 2406.04093).
//   e = sg(x - xhat);  ehat = ReLU(keep_topk(pre of dead latents, k_aux)) W_dec, no b_dec
//   loss = c * ||e - ehat||^2 / ||e - mean(e)||^2
import type { Core } from '../core/core.js';
import type { ActiveLists } from './encoder.js';
import type { SaeParameters } from './memory.js';

export class Auxiliary {
  readonly lists: ActiveLists;
  readonly df: number;
  /** Gradient with respect to ehat, [n][D]. */
  readonly dr: number;
  entries = 0;
  #core: Core;
  #p: SaeParameters;
  #target: number;
  #mean: number;
  #zeros: number;
  #errors: number;
  #deadList: number;
  #dead: Int32Array = new Int32Array(0);
  #selected: number;
  #values: number;
  #indices: number;
  #counts: number;
  #work: number;

  constructor(
    core: Core,
    p: SaeParameters,
    readonly k: number,
    block: number,
  ) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.lists = {
      start: core.alloc32(block + 1),
      index: core.alloc32(block * k),
      value: core.alloc32(block * k),
    };
    this.df = core.alloc32(block * k);
    this.dr = core.alloc32(block * D);
    this.#target = core.alloc32(block * D);
    this.#mean = core.alloc32(D);
    this.#zeros = core.alloc32(D);
    this.#errors = core.alloc32(block);
    this.#deadList = core.alloc32(F);
    this.#selected = core.alloc32(8 * F);
    this.#values = core.alloc32(32 * k);
    this.#indices = core.alloc32(32 * k);
    this.#counts = core.alloc32(8);
    this.#work = core.alloc32(4 * k + 8);
  }

  /** Begins a step with the latents that are dead now. Returns whether there is anything to do. */
  begin(dead: Int32Array): boolean {
    this.#dead = dead;
    this.entries = 0;
    if (!dead.length) return false;
    this.#core.i32(this.#deadList, dead.length).set(dead);
    return true;
  }

  /** Chooses the top k_aux dead latents of each sample of a tile of pre-activations [panels][F][8]. */
  select(pre: number, firstSample: number, panels: number, n: number): void {
    const core = this.#core;
    const k = Math.min(this.k, this.#dead.length);
    const start = core.i32(this.lists.start, n + 1);
    for (let panel = 0; panel < panels; panel++) {
      core.kernels.f32_select_rows_8(
        pre + 32 * panel * this.#p.sizes.F,
        this.#deadList,
        this.#dead.length,
        this.#selected,
      );
      core.kernels.f32_topk_8(
        this.#selected,
        this.#dead.length,
        k,
        0,
        this.#values,
        this.#indices,
        this.#counts,
        this.#work,
      );
      for (let s = 0; s < 8; s++) {
        const sample = firstSample + 8 * panel + s;
        if (sample >= n) break;
        const count = core.i32(this.#counts + 4 * s, 1)[0];
        const index = core.i32(this.lists.index + 4 * this.entries, count);
        const chosen = core.i32(this.#indices + 16 * s * k, count);
        for (let i = 0; i < count; i++) index[i] = this.#dead[chosen[i]];
        core.f32(this.lists.value + 4 * this.entries, count).set(core.f32(this.#values + 16 * s * k, count));
        start[sample] = this.entries;
        this.entries += count;
      }
    }
    start[n] = this.entries;
  }

  /** Loss term and gradients for residual = xhat - x, [n][D] (not differentiated). */
  backward(residual: number, n: number, coefficient: number): number {
    const core = this.#core;
    const k = core.kernels;
    const { D } = this.#p.sizes;
    k.f32_scale(residual, -1, this.#target, n * D);
    columnMean(core, this.#target, n, D, this.#mean);
    const total = k.f32_squared_distance(this.#target, this.#mean, n, D);
    if (!(total > 0)) {
      this.entries = 0;
      core.i32(this.lists.start, n + 1).fill(0);
      return 0;
    }
    k.f32_sae_decode(
      this.lists.start,
      this.lists.index,
      this.lists.value,
      n,
      this.#p.wDec.ptr,
      this.#zeros,
      D,
      this.dr,
    );
    k.f32_sae_residual(this.dr, this.#target, n, D, this.#errors);
    const loss = (coefficient * sum(core.f32(this.#errors, n))) / total;
    k.f32_scale(this.dr, (2 * coefficient) / total, this.dr, n * D);
    k.f32_sae_latent_grad(this.lists.start, this.lists.index, n, this.dr, this.#p.wDec.ptr, D, this.df);
    return loss;
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
