// A second reconstruction from the k largest of some latents, with a loss of its own:
//   ehat = ReLU(keep_topk(pre of those latents, k)) W_dec [+ b_dec]
//   loss = c * ||e - ehat||^2 / ||e - mean(e)||^2
// AuxK (Gao et al. 2406.04093): dead latents, e = sg(x - xhat), no b_dec.
// Multi-k: all latents, 4k of them, e = x, with b_dec, c = 1/8.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';
import type { SaeParameters } from '../memory.js';
import { columnMean, sum } from './sparse.js';

export class Auxiliary {
  readonly lists: ActiveLists;
  /** Rows that are to be reconstructed, [n][D]; the caller writes them. */
  readonly target: number;
  readonly df: number;
  /** Gradient with respect to ehat, [n][D]. */
  readonly dr: number;
  entries = 0;
  #core: Core;
  #p: SaeParameters;
  #gradients: SaeParameters;
  #mean: number;
  #zeros: number;
  #errors: number;
  #list: number;
  #latents: Int32Array = new Int32Array(0);
  #selected: number;
  #values: number;
  #indices: number;
  #counts: number;
  #work: number;

  constructor(
    core: Core,
    p: SaeParameters,
    gradients: SaeParameters,
    readonly k: number,
    block: number,
    /** Whether b_dec takes part. */
    readonly bias: boolean,
  ) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#gradients = gradients;
    this.lists = {
      start: core.alloc32(block + 1),
      index: core.alloc32(block * k),
      value: core.alloc32(block * k),
    };
    this.df = core.alloc32(block * k);
    this.dr = core.alloc32(block * D);
    this.target = core.alloc32(block * D);
    this.#mean = core.alloc32(D);
    this.#zeros = core.alloc32(D);
    this.#errors = core.alloc32(block);
    this.#list = core.alloc32(F);
    this.#selected = core.alloc32(8 * F);
    this.#values = core.alloc32(32 * k);
    this.#indices = core.alloc32(32 * k);
    this.#counts = core.alloc32(8);
    this.#work = core.alloc32(4 * k + 8);
  }

  /** Begins a step with the latents that take part. */
  begin(latents: Int32Array): void {
    this.#latents = latents;
    this.entries = 0;
    this.#core.i32(this.#list, latents.length).set(latents);
  }

  /** Chooses the top k of them for each sample of a tile of pre-activations [panels][F][8]. */
  select(pre: number, firstSample: number, panels: number, n: number): void {
    const core = this.#core;
    const k = Math.min(this.k, this.#latents.length);
    const start = core.i32(this.lists.start, n + 1);
    if (firstSample === 0) this.entries = 0; // a pass of the encoder begins
    for (let panel = 0; panel < panels; panel++) {
      core.kernels.f32_select_rows_8(
        pre + 32 * panel * this.#p.sizes.F,
        this.#list,
        this.#latents.length,
        this.#selected,
      );
      core.kernels.f32_topk_8(
        this.#selected,
        this.#latents.length,
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
        for (let i = 0; i < count; i++) index[i] = this.#latents[chosen[i]];
        core.f32(this.lists.value + 4 * this.entries, count).set(core.f32(this.#values + 16 * s * k, count));
        start[sample] = this.entries;
        this.entries += count;
      }
    }
    start[n] = this.entries;
  }

  /** Loss term for this.target, and its gradients. */
  backward(n: number, coefficient: number): number {
    const core = this.#core;
    const k = core.kernels;
    const { D } = this.#p.sizes;
    columnMean(core, this.target, n, D, this.#mean);
    const total = k.f32_squared_distance(this.target, this.#mean, n, D);
    if (!(total > 0)) {
      this.entries = 0;
      core.i32(this.lists.start, n + 1).fill(0);
      return 0;
    }
    const { start, index, value } = this.lists;
    const bias = this.bias ? this.#p.bDec.ptr : this.#zeros;
    k.f32_sae_decode(start, index, value, n, this.#p.wDec.ptr, bias, D, this.dr);
    k.f32_sae_residual(this.dr, this.target, n, D, this.#errors);
    const loss = (coefficient * sum(core.f32(this.#errors, n))) / total;
    k.f32_scale(this.dr, (2 * coefficient) / total, this.dr, n * D);
    if (this.bias) k.f32_column_sums(this.dr, n, D, this.#gradients.bDec.ptr);
    k.f32_sae_latent_grad(start, index, n, this.dr, this.#p.wDec.ptr, D, this.df);
    return loss;
  }
}
