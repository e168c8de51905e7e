// Screening of the latents that are alive, where the pre-activations of the dead are made anyway (AuxK): their
// rows of W_enc lie behind each other, and what the dead add is merged into the lists.
import type { Core } from '../../core/core.js';
import { padTo, type SaeParameters } from '../memory.js';
import type { ActiveLists, GrowingLists } from './lists.js';
import type { ScreenedThresholds } from './screened-thresholds.js';
import type { ScreenedRows } from './screening.js';

/** Latents whose largest pre-activations are known: all that are above 0, or the `k` largest of them. */
export interface KnownLatents {
  /** Rising. */
  latents: Int32Array;
  k: number;
  /** Of a block of samples, from its rows as the encoder takes them. */
  listsOf(rows: number): ActiveLists;
}

/** Below this share of all, leaving them out saves less than it costs. */
const SHARE = 1 / 8;

export class AliveRows {
  #core: Core;
  #p: SaeParameters;
  #screened: ScreenedThresholds;
  #rows: ScreenedRows;
  /** Latents by row. */
  #alive: Int32Array;
  #count = 0;
  #known: { k: number; lists: ActiveLists } | undefined;

  constructor(core: Core, p: SaeParameters, screened: ScreenedThresholds) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#screened = screened;
    const rows = { wEnc: core.alloc32(F * D), bias: core.alloc32(F), thresholds: core.alloc32(F) };
    this.#rows = { ...rows, F: 0 };
    this.#alive = new Int32Array(F);
  }

  static pays(known: KnownLatents, p: SaeParameters): boolean {
    const { length } = known.latents;
    return length >= SHARE * p.sizes.F && length < p.sizes.f;
  }

  /** Takes the rows of the others, whose weights are those of this step, and the lists of the known. */
  begin({ latents, k, listsOf }: KnownLatents, rows: number): void {
    const core = this.#core;
    const { D, f } = this.#p.sizes;
    const alive = this.#alive;
    this.#count = 0;
    for (let latent = 0, next = 0; latent < f; latent++)
      if (latents[next] === latent) next++;
      else alive[this.#count++] = latent;
    const F = padTo(this.#count, 4);
    this.#rows.F = F;
    const { wEnc, bias } = this.#rows;
    const u8 = core.u8(0, core.capacity);
    const biases = core.f32(bias, F);
    const all = core.f32(this.#p.bEnc.ptr, f);
    for (let i = 0; i < this.#count; i++) {
      const from = this.#p.wEnc.ptr + 4 * alive[i] * D;
      u8.copyWithin(wEnc + 4 * i * D, from, from + 4 * D);
      biases[i] = all[alive[i]];
    }
    core.f32(wEnc + 4 * this.#count * D, (F - this.#count) * D).fill(0);
    biases.fill(0, this.#count);
    this.#known = { k, lists: listsOf(rows) };
  }

  /**
   * Appends n samples, the first of them `first` of the block: latents above `guess`. false, and nothing is
   * appended, where they are too many, or where more of the known may be above it than their lists hold.
   */
  encode(rows: number, first: number, n: number, guess: number, out: GrowingLists): boolean {
    const core = this.#core;
    const { F, thresholds } = this.#rows;
    const extra = this.#above(first, n, guess);
    if (extra < 0) return false;
    core.f32(thresholds, F).fill(guess);
    const [samples, listed] = [out.samples, out.listed];
    if (!this.#screened.encode(rows, n, out, this.#rows)) return false;
    const index = core.i32(out.index + 4 * listed, out.listed - listed);
    for (let i = 0; i < index.length; i++) index[i] = this.#alive[index[i]];
    if (extra && out.reserve(extra)) this.#merge(first, samples, guess, extra, out);
    return true;
  }

  /** Entries of the known above the guess; -1 where a list may lack some. */
  #above(first: number, n: number, guess: number): number {
    const { k, lists } = this.#known!;
    const start = this.#core.i32(lists.start + 4 * first, n + 1);
    const value = this.#core.f32(lists.value, start[n]);
    let all = 0;
    for (let s = 0; s < n; s++) {
      let own = 0;
      for (let i = start[s]; i < start[s + 1]; i++) if (value[i] > guess) own++;
      if (own === k) return -1;
      all += own;
    }
    return all;
  }

  /** Moves entries of the samples from `from` on, the last first, to make room for `extra` more in order of their latents. */
  #merge(first: number, from: number, guess: number, extra: number, out: GrowingLists): void {
    const core = this.#core;
    const { lists } = this.#known!;
    const n = out.samples - from;
    const theirs = core.i32(lists.start + 4 * first, n + 1);
    const [theirIndex, theirValue] = [core.i32(lists.index, theirs[n]), core.f32(lists.value, theirs[n])];
    const start = core.i32(out.start + 4 * from, n + 1);
    const [index, value] = [core.i32(out.index, out.listed + extra), core.f32(out.value, out.listed + extra)];
    let to = out.listed + extra;
    for (let s = n - 1, end = start[n]; s >= 0; s--) {
      const begin = start[s];
      start[s + 1] = to;
      let own = end - 1;
      for (let i = theirs[s + 1] - 1; i >= theirs[s]; i--) {
        if (!(theirValue[i] > guess)) continue;
        for (; own >= begin && index[own] > theirIndex[i]; own--) {
          index[--to] = index[own];
          value[to] = value[own];
        }
        index[--to] = theirIndex[i];
        value[to] = theirValue[i];
      }
      for (; own >= begin; own--) {
        index[--to] = index[own];
        value[to] = value[own];
      }
      end = begin;
    }
    out.listed += extra;
  }
}
