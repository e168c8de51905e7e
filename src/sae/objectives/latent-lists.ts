// A block's entries by latent instead of by sample: what weight gradients gather from.
import type { Core } from '../../core/core.js';
import type { ActiveLists } from '../encoder.js';

export class LatentLists {
  /** i32[F + 1]: entries first[f] .. first[f + 1] are latent f's, in order of their samples. */
  readonly first: number;
  readonly sample: number;
  readonly value: number;
  /** d loss / d pre of each entry. */
  readonly df: number;
  #core: Core;
  #F: number;
  #next: number;

  constructor(core: Core, F: number, capacity: number) {
    this.#core = core;
    this.#F = F;
    this.first = core.alloc32(F + 1);
    this.#next = core.alloc32(F);
    this.sample = core.alloc32(capacity);
    this.value = core.alloc32(capacity);
    this.df = core.alloc32(capacity);
  }

  /** From lists of n samples with `entries` entries; value and df are theirs. */
  fill({ start, index }: ActiveLists, value: number, df: number, entries: number, n: number): void {
    const { kernels } = this.#core;
    kernels.i32_csc_count({ index, entries, f: this.#F, first: this.first });
    kernels.i32_csc_fill({
      start,
      index,
      value,
      df,
      n,
      f: this.#F,
      first: this.first,
      next: this.#next,
      sample: this.sample,
      valueT: this.value,
      dfT: this.df,
    });
  }

  /** sums[f] += sum of df. */
  addSums(sums: number): void {
    this.#core.kernels.f32_add_feature_sums({ first: this.first, value: this.df, f: this.#F, out: sums });
  }
}
