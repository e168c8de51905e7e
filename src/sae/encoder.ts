// Encoding of a block of samples into lists of active latents, for training and inference.
//
//   x [n][D] -> centred rows and panels -> pre-activations [n/8][F][8] -> lists
//   (start [n+1], index, value): the chosen latents of each sample, in order of index.
import type { Core } from '../core/core.js';
import { CurvesaeError } from '../core/errors.js';
import { padTo, type SaeParameters } from './memory.js';

/** Samples whose pre-activations exist at a time: they stay in the second-level cache. */
const TILE = 64;
/** Features per pass of the encoder: their rows stay in the first-level cache. */
const FEATURE_BLOCK = 32;
/** Lists of a batch-wide top-k hold this many times what is kept, so that a guess may be rough. */
const ROOM = 4;
/** Bisection halves an interval of floats: this many passes are never reached. */
const MAX_PASSES = 200;

/**
 * relu: pre > 0. topk: the k largest pre > 0 of each sample; batchtopk: the k n largest
 * pre > 0 of all n samples. above: pre > thresholds[f], an F-float table in memory.
 * gated: open gates; bGate, scale = exp(r_mag), bMag are F-float tables in memory.
 */
export type Selection =
  | { rule: 'relu' }
  | { rule: 'topk' | 'batchtopk'; k: number }
  | { rule: 'above'; thresholds: number }
  | { rule: 'gated'; bGate: number; scale: number; bMag: number; onlyActive: boolean };

export interface ActiveLists {
  /** i32 [n + 1] */
  start: number;
  index: number;
  value: number;
}

/** Sees each tile of pre-activations [panels][F][8] before it is overwritten. Tile 0 begins a new pass. */
export type TileVisitor = (pre: number, firstSample: number, panels: number) => void;

export class BlockEncoder {
  /** Entries that the lists hold. */
  readonly capacity: number;
  readonly lists: ActiveLists;
  /** pi = c + b_gate of each entry (gated). */
  readonly gates: number;
  /** Centred samples [n][D]. */
  readonly centred: number;
  /** Smallest value kept by a batch-wide top-k; 0 where fewer were positive. */
  least = 0;
  #core: Core;
  #p: SaeParameters;
  #selection: Selection;
  #panels: number;
  #interleaved: number;
  #pre: number;
  #values: number;
  #gates: number;
  #indices: number;
  #counts: number;
  #work: number;
  #zeros: number;
  /** Floats that follow one another for the candidates of a sample of a panel. */
  #candidates: number;
  /** F equal thresholds, and scratch for the selection (batchtopk). */
  #thresholds: number;
  #scratch: number;
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
    const { rule } = selection;
    const most = rule === 'topk' ? Math.min(selection.k, F) : F;
    this.capacity =
      rule === 'batchtopk'
        ? Math.min(block * F, ROOM * block * Math.min(selection.k, F) + 8 * F)
        : block * most;
    this.centred = core.alloc32(block * D);
    this.#panels = core.alloc32(block * D);
    this.#interleaved = core.alloc32(FEATURE_BLOCK * D);
    this.#pre = core.alloc32(TILE * F);
    this.#candidates = rule === 'topk' ? 4 * most : F;
    this.#values = core.alloc32(8 * this.#candidates);
    this.#gates = rule === 'gated' ? core.alloc32(8 * F) : 0;
    this.#indices = core.alloc32(8 * this.#candidates);
    this.#counts = core.alloc32(8);
    this.#work = core.alloc32(this.#candidates + 8);
    this.#zeros = core.alloc32(Math.max(D, F));
    this.#thresholds = rule === 'batchtopk' ? core.alloc32(F) : 0;
    this.#scratch = rule === 'batchtopk' ? core.alloc32(this.capacity) : 0;
    this.gates = rule === 'gated' ? core.alloc32(this.capacity) : 0;
    this.lists = {
      start: core.alloc32(block + 1),
      index: core.alloc32(this.capacity),
      value: core.alloc32(this.capacity),
    };
  }

  /** Encodes rows x [n][D] (room for n rounded up to 8) into this.lists. Returns the entries. */
  encode(x: number, n: number, visit?: TileVisitor): number {
    const { D } = this.#p.sizes;
    this.#core.kernels.f32_sae_pack_8(
      x,
      this.centre ? this.#p.bDec.ptr : this.#zeros,
      this.centred,
      this.#panels,
      padTo(n, 8),
      D,
    );
    return this.#selection.rule === 'batchtopk'
      ? this.#encodeBatch(this.#selection.k, n, visit)
      : this.#pass(n, visit).listed;
  }

  /** One pass over the samples. `found` counts on where the lists are full. */
  #pass(n: number, visit?: TileVisitor): { listed: number; found: number; samples: number } {
    const core = this.#core;
    const { D, F } = this.#p.sizes;
    const padded = padTo(n, 8);
    const bias = this.#selection.rule === 'gated' ? this.#zeros : this.#p.bEnc.ptr;
    let [listed, found, samples] = [0, 0, 0];
    for (let at = 0; at < n; at += TILE) {
      const panels = Math.min(TILE, padded - at) >> 3;
      core.kernels.f32_sae_encode_4x8(
        this.#panels + 4 * at * D,
        panels,
        this.#p.wEnc.ptr,
        bias,
        this.#pre,
        D,
        F,
        FEATURE_BLOCK,
        this.#interleaved,
      );
      for (let panel = 0; panel < panels; panel++) {
        const first = at + 8 * panel;
        const here = this.#choose(this.#pre + 32 * panel * F, Math.min(8, n - first));
        found += here;
        if (found > this.capacity) continue;
        listed = this.#append(first, n, listed);
        samples = Math.min(n, first + 8);
      }
      visit?.(this.#pre, at, panels);
    }
    if (found <= this.capacity) core.i32(this.lists.start, n + 1)[n] = listed;
    return { listed, found, samples };
  }

  /** Candidates of 8 samples; returns how many the first `rows` have. */
  #choose(pre: number, rows: number): number {
    const { kernels } = this.#core;
    const { F } = this.#p.sizes;
    const s = this.#selection;
    if (s.rule === 'topk') {
      const least = kernels.f32_topk_8(
        pre,
        F,
        Math.min(s.k, F),
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
    } else if (s.rule === 'relu') kernels.f32_positive_8(pre, F, this.#values, this.#indices, this.#counts);
    else if (s.rule === 'gated')
      kernels.f32_gated_8(
        pre,
        F,
        s.bGate,
        s.scale,
        s.bMag,
        s.onlyActive ? 1 : 0,
        this.#gates,
        this.#values,
        this.#indices,
        this.#counts,
      );
    else {
      const thresholds = s.rule === 'above' ? s.thresholds : this.#thresholds;
      kernels.f32_above_8(pre, F, thresholds, this.#values, this.#indices, this.#counts);
    }
    const counts = this.#core.i32(this.#counts, 8);
    let found = 0;
    for (let r = 0; r < rows; r++) found += counts[r];
    return found;
  }

  #append(first: number, n: number, listed: number): number {
    const core = this.#core;
    const counts = core.i32(this.#counts, 8);
    const start = core.i32(this.lists.start, this.block + 1);
    const u8 = core.u8(0, core.capacity);
    const stride = 4 * this.#candidates;
    const copy = (to: number, from: number, bytes: number) =>
      u8.copyWithin(to + 4 * listed, from, from + bytes);
    for (let s = 0; s < 8 && first + s < n; s++) {
      start[first + s] = listed;
      const bytes = 4 * counts[s];
      copy(this.lists.value, this.#values + s * stride, bytes);
      copy(this.lists.index, this.#indices + s * stride, bytes);
      if (this.gates) copy(this.gates, this.#gates + s * stride, bytes);
      listed += counts[s];
    }
    return listed;
  }

  /**
   * The k n largest pre > 0 of the batch. A pass lists what exceeds a guessed threshold; it
   * is repeated with a lower one when that was less than k n, a higher one when the lists
   * were full. The guess decides the speed, never the result.
   */
  #encodeBatch(k: number, n: number, visit?: TileVisitor): number {
    const core = this.#core;
    const { kernels } = core;
    const wanted = Math.min(k, this.#p.sizes.F) * n;
    const { start, index, value } = this.lists;
    // Below `low` the lists overflow (-1: not known yet), at `high` they are too short.
    let [low, high] = [-1, Number.POSITIVE_INFINITY];
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      core.f32(this.#thresholds, this.#p.sizes.f).fill(this.#guess);
      const { listed, found, samples } = this.#pass(n, visit);
      if (found > this.capacity) {
        low = this.#guess;
        const share = Math.min(listed, Math.max(1, Math.floor((wanted * samples) / n)));
        core.f32(this.#scratch, listed).set(core.f32(value, listed));
        const estimate = listed
          ? Math.fround(0.9 * kernels.f32_kth_largest(this.#scratch, listed, share))
          : 0;
        this.#guess = estimate > low && estimate < high ? estimate : between(low, high);
        continue;
      }
      if (found < wanted && this.#guess > 0) {
        high = this.#guess;
        this.#guess = low >= 0 ? between(low, high) : pass < 3 ? Math.fround(0.5 * high) : 0;
        continue;
      }
      if (found <= wanted) {
        this.least = 0;
        return found;
      }
      core.f32(this.#scratch, found).set(core.f32(value, found));
      const least = kernels.f32_kth_largest(this.#scratch, found, wanted);
      let equal = wanted;
      for (const v of core.f32(value, found)) if (v > least) equal--;
      this.least = least;
      this.#guess = Math.fround(0.85 * least);
      return kernels.f32_keep_largest(start, index, value, n, least, equal);
    }
    throw new CurvesaeError('BatchTopK found no threshold: too many equal pre-activations');
  }
}

const between = (low: number, high: number): number =>
  Math.fround(high === Number.POSITIVE_INFINITY ? 2 * low + 1e-6 : (low + high) / 2);
