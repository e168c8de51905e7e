// A second reconstruction from other active latents, with a loss of its own:
//   ehat = z W_dec [+ b_dec];  loss = c * ||e - ehat||^2 / ||e - mean(e)||^2
// AuxK (Gao et al. 2406.04093): z the k largest of dead latents, e = sg(x - xhat), no b_dec.
// Multi-k: z the 4k largest of all latents, e = x, with b_dec, c = 1/8.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';
import type { Gradients } from '../gradients.js';
import type { SaeParameters } from '../memory.js';
import type { Slices } from '../slices/operations.js';
import { LatentLists } from './latent-lists.js';
import { columnMean, sum } from './sparse.js';

export class Auxiliary {
  /** Rows that are to be reconstructed, [n][D]; the caller writes them. */
  readonly target: number;
  #df: number;
  /** Gradient with respect to ehat, [n][D]. */
  #dr: number;
  #latents: LatentLists;
  #core: Core;
  #p: SaeParameters;
  #gradients: Gradients;
  #slices: Slices;
  #mean: number;
  #zeros: number;
  #errors: number;

  constructor(
    core: Core,
    p: SaeParameters,
    gradients: Gradients,
    slices: Slices,
    block: number,
    /** Entries that lists have at most. */
    capacity: number,
    /** Whether b_dec takes part. */
    readonly bias: boolean,
  ) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#gradients = gradients;
    this.#slices = slices;
    this.#df = core.alloc32(capacity);
    this.#latents = new LatentLists(core, F, capacity);
    this.#dr = core.alloc32(block * D);
    this.target = core.alloc32(block * D);
    this.#mean = core.alloc32(D);
    this.#zeros = core.alloc32(D);
    this.#errors = core.alloc32(block);
  }

  /**
   * Loss term for this.target from lists of n samples, and its gradients; 0 where there is nothing to
   * explain. xc: the encoder's input; sums[f] += d loss / d pre.
   */
  backward(
    lists: ActiveLists,
    entries: number,
    n: number,
    coefficient: number,
    xc: number,
    sums: number,
  ): number {
    const core = this.#core;
    const k = core.kernels;
    const { D, F } = this.#p.sizes;
    const { start, index, value } = lists;
    const [df, dr] = [this.#df, this.#dr];
    columnMean(core, this.target, n, D, this.#mean);
    // A single vector has no spread: its own length takes the place.
    const total =
      k.f32_squared_distance({ x: this.target, centre: this.#mean, n, d: D }) ||
      k.f32_squared_distance({ x: this.target, centre: this.#zeros, n, d: D });
    if (!(total > 0)) return 0;
    const bias = this.bias ? this.#p.bDec.ptr : this.#zeros;
    const wDec = this.#p.wDec.ptr;
    const scale = (2 * coefficient) / total;
    // The residual's place is its gradient's.
    this.#slices.run(
      'reconstructBack',
      {
        ...{ start, index, value, wDec, bDec: bias, x: this.target, d: D },
        ...{ residual: dr, errors: this.#errors, scale, dr, df },
      },
      n,
      { work: 2 * (entries + n) * D },
    );
    const loss = (coefficient * sum(core.f32(this.#errors, n))) / total;
    if (this.bias) k.f32_column_sums({ x: dr, n, d: D, sums: this.#gradients.bDec.ptr });
    this.#latents.fill(lists, value, df, entries, n);
    this.#latents.addSums(sums);
    this.#gradients.weights.add({ lists: this.#latents, from: 0, to: F, dr, xc });
    return loss;
  }
}
