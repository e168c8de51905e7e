// A second reconstruction from other active latents, with a loss of its own:
//   ehat = z W_dec [+ b_dec];  loss = c * ||e - ehat||^2 / ||e - mean(e)||^2
// AuxK (Gao et al. 2406.04093): z the k largest of dead latents, e = sg(x - xhat), no b_dec.
// Multi-k: z the 4k largest of all latents, e = x, with b_dec, c = 1/8.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';
import type { SaeParameters } from '../memory.js';
import { columnMean, sum } from './sparse.js';

export class Auxiliary {
  /** Rows that are to be reconstructed, [n][D]; the caller writes them. */
  readonly target: number;
  readonly df: number;
  /** Gradient with respect to ehat, [n][D]. */
  readonly dr: number;
  #core: Core;
  #p: SaeParameters;
  #gradients: SaeParameters;
  #mean: number;
  #zeros: number;
  #errors: number;

  constructor(
    core: Core,
    p: SaeParameters,
    gradients: SaeParameters,
    block: number,
    /** Entries that lists have at most. */
    capacity: number,
    /** Whether b_dec takes part. */
    readonly bias: boolean,
  ) {
    const { D } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#gradients = gradients;
    this.df = core.alloc32(capacity);
    this.dr = core.alloc32(block * D);
    this.target = core.alloc32(block * D);
    this.#mean = core.alloc32(D);
    this.#zeros = core.alloc32(D);
    this.#errors = core.alloc32(block);
  }

  /** Loss term for this.target from lists of n samples, and its gradients; undefined where there is nothing to explain. */
  backward({ start, index, value }: ActiveLists, n: number, coefficient: number): number | undefined {
    const core = this.#core;
    const k = core.kernels;
    const { D } = this.#p.sizes;
    columnMean(core, this.target, n, D, this.#mean);
    const total = k.f32_squared_distance(this.target, this.#mean, n, D);
    if (!(total > 0)) return undefined;
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
