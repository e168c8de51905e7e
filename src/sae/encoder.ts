// Encoding of a block of samples into lists of active latents, for training and inference.
//
//   x [n][D] -> centred rows and panels -> pre-activations [n/8][F][8] -> lists
//   (start [n+1], index, value): the latents > 0 of each sample, in order of index.
import type { Core } from '../core/core.js';
import { padTo, type SaeParameters } from './memory.js';

/** Samples whose pre-activations exist at a time: they stay in the second-level cache. */
const TILE = 64;
/** Features per pass of the encoder: their rows stay in the first-level cache. */
const FEATURE_BLOCK = 32;

export type Selection = { rule: 'topk'; k: number } | { rule: 'relu' };

export interface ActiveLists {
  /** i32 [n + 1] */
  start: number;
  index: number;
  value: number;
}

export class BlockEncoder {
  readonly capacity: number;
  readonly lists: ActiveLists;
  /** Centred samples [n][D]. */
  readonly centred: number;
  #core: Core;
  #p: SaeParameters;
  #selection: Selection;
  #panels: number;
  #interleaved: number;
  #pre: number;
  #values: number;
  #indices: number;
  #counts: number;
  #work: number;
  #zeros: number;
  /** Largest number of active latents of a sample. */
  #most: number;
  #guess = 0;

  /** `block` samples at most (a multiple of 8). `centre`: subtract b_dec from the input. */
  constructor(
    core: Core,
    parameters: SaeParameters,
    selection: Selection,
    readonly block: number,
    readonly centre: boolean,
  ) {
    const { D, F } = parameters.sizes;
    this.#core = core;
    this.#p = parameters;
    this.#selection = selection;
    this.#most = selection.rule === 'topk' ? Math.min(selection.k, F) : F;
    this.capacity = block * this.#most;
    this.centred = core.alloc32(block * D);
    this.#panels = core.alloc32(block * D);
    this.#interleaved = core.alloc32(FEATURE_BLOCK * D);
    this.#pre = core.alloc32(TILE * F);
    const candidates = selection.rule === 'topk' ? 4 * this.#most : F;
    this.#values = core.alloc32(8 * candidates);
    this.#indices = core.alloc32(8 * candidates);
    this.#counts = core.alloc32(8);
    this.#work = core.alloc32(candidates + 8);
    this.#zeros = core.alloc32(D);
    this.lists = {
      start: core.alloc32(block + 1),
      index: core.alloc32(this.capacity),
      value: core.alloc32(this.capacity),
    };
  }

  /** Number of floats that follow one another for the candidates of a sample. */
  get #candidates(): number {
    return this.#selection.rule === 'topk' ? 4 * this.#most : this.#p.sizes.F;
  }

  /**
   * Encodes rows x [n][D] (room for n rounded up to 8) into this.lists. `visit` sees each
   * tile of pre-activations [panels][F][8] before it is overwritten. Returns the entries.
   */
  encode(x: number, n: number, visit?: (pre: number, firstSample: number, panels: number) => void): number {
    const core = this.#core;
    const k = core.kernels;
    const { D, F } = this.#p.sizes;
    const padded = padTo(n, 8);
    k.f32_sae_pack_8(x, this.centre ? this.#p.bDec.ptr : this.#zeros, this.centred, this.#panels, padded, D);
    let entries = 0;
    for (let at = 0; at < n; at += TILE) {
      const panels = Math.min(TILE, padded - at) >> 3;
      k.f32_sae_encode_4x8(
        this.#panels + 4 * at * D,
        panels,
        this.#p.wEnc.ptr,
        this.#p.bEnc.ptr,
        this.#pre,
        D,
        F,
        FEATURE_BLOCK,
        this.#interleaved,
      );
      for (let panel = 0; panel < panels; panel++)
        entries = this.#select(this.#pre + 32 * panel * F, at + 8 * panel, n, entries);
      visit?.(this.#pre, at, panels);
    }
    core.i32(this.lists.start, n + 1)[n] = entries;
    return entries;
  }

  #select(pre: number, first: number, n: number, entries: number): number {
    const core = this.#core;
    const { F } = this.#p.sizes;
    if (this.#selection.rule === 'topk') {
      const least = core.kernels.f32_topk_8(
        pre,
        F,
        this.#most,
        this.#guess,
        this.#values,
        this.#indices,
        this.#counts,
        this.#work,
      );
      // A guess a little below the usual k-th value; it decides the speed, never the result.
      const target = Math.fround(0.9 * least);
      this.#guess = this.#guess > 0 ? Math.fround(0.95 * this.#guess + 0.05 * target) : target;
      if (this.#guess > least) this.#guess = target;
    } else core.kernels.f32_positive_8(pre, F, this.#values, this.#indices, this.#counts);
    const counts = core.i32(this.#counts, 8);
    const start = core.i32(this.lists.start, this.block + 1);
    const u8 = core.u8(0, core.capacity);
    const stride = 4 * this.#candidates;
    for (let s = 0; s < 8 && first + s < n; s++) {
      start[first + s] = entries;
      const bytes = 4 * counts[s];
      u8.copyWithin(
        this.lists.value + 4 * entries,
        this.#values + s * stride,
        this.#values + s * stride + bytes,
      );
      u8.copyWithin(
        this.lists.index + 4 * entries,
        this.#indices + s * stride,
        this.#indices + s * stride + bytes,
      );
      entries += counts[s];
    }
    return entries;
  }
}
