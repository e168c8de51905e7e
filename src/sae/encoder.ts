// Encoding of a block of samples into lists of active latents, for training and inference.
//
//   x [n][D] -> centred rows -> lists (start [n+1], index, value): the chosen latents of each
//   sample, in order of index
//
// Two ways to the same bits: screened (encoding/screening.ts) where latents are sparse, all
// pre-activations (encoding/dense.ts) otherwise.
import type { Core } from '../core/core.js';
import { CurvesaeError } from '../core/errors.js';
import { AliveRows, type KnownLatents } from './encoding/alive-rows.js';
import { DenseEncoding } from './encoding/dense.js';
import { type ActiveLists, GrowingLists, type PartLists, type Selection } from './encoding/lists.js';
import { ScreenedThresholds } from './encoding/screened-thresholds.js';
import { ScreenedTop } from './encoding/screened-top.js';
import { MAX_WIDTH, SPAN } from './encoding/screening.js';
import { padTo, type SaeParameters } from './memory.js';

export type { ActiveLists, PartLists, Selection } from './encoding/lists.js';

/** Lists of a batch-wide top-k hold this many times what is kept, so that a guess may be rough. */
const ROOM = 4;
/** Bisection halves an interval of floats: this many passes are never reached. */
const MAX_PASSES = 200;
/** Share of latents that fire up to which screening is faster (docs/lab/sae.md). */
const SPARSE = 0.15;
/** Fewer samples than this are not worth quantising the weights for. */
const FEW = 32;

/** Where the samples of a block are encoded, if not here: on several threads. */
export interface Elsewhere {
  /**
   * One pass over centred rows, after rows = x - row unless x is 0: what each thread listed of its samples, in
   * their order.
   */
  pass(x: number, row: number, rows: number, n: number, k: number, guess: number): readonly PartLists[];
  /** Begins that pass where the other threads have no part in this memory: pass() then finds it done. */
  ahead?(x: number, row: number, rows: number, n: number, k: number, guess: number): Promise<void>;
}

export interface EncoderOptions {
  /** 'off': always all pre-activations. The result has the same bits. */
  screening?: 'auto' | 'off';
  /** Entries that the lists hold, if not as many as the selection needs. */
  capacity?: number;
  elsewhere?: Elsewhere;
}

export class BlockEncoder {
  readonly lists: ActiveLists;
  /** Smallest value kept by a batch-wide top-k; 0 where fewer were positive. */
  least = 0;
  #core: Core;
  #p: SaeParameters;
  #selection: Selection;
  /** Its k from the start; screening is for that one. */
  #k: number;
  #out: GrowingLists;
  #centred: number;
  /** F equal thresholds (batchtopk). */
  #thresholds: number;
  #guess = 0;
  #dense: DenseEncoding | undefined;
  #screenedTop: ScreenedTop | undefined;
  #screened: ScreenedThresholds | undefined;
  /** Memory is taken when there are latents to leave out. */
  #alive: AliveRows | undefined;
  /** Thresholds that screening compares with; padding has infinity. */
  #limits = 0;
  /** Whether the last pass had more entries than screening is good for. */
  #crowded = false;
  #elsewhere: Elsewhere | undefined;
  /** Rows that are still to be centred, elsewhere. */
  #uncentred = 0;

  /** `block` samples at most (a multiple of 8). `centre`: subtract b_dec from the input. */
  constructor(
    core: Core,
    parameters: SaeParameters,
    selection: Selection,
    readonly block: number,
    readonly centre: boolean,
    { screening = 'auto', capacity: given, elsewhere }: EncoderOptions = {},
  ) {
    const { D, F } = parameters.sizes;
    this.#core = core;
    this.#p = parameters;
    // Its k changes where it is annealed (keep()).
    this.#elsewhere = elsewhere;
    this.#selection = 'k' in selection ? { ...selection } : selection;
    this.#k = 'k' in selection ? selection.k : 0;
    const { rule } = selection;
    const most = 'k' in selection ? Math.min(selection.most ?? selection.k, F) : F;
    const capacity =
      given ??
      (rule === 'topk'
        ? block * most
        : rule === 'batchtopk'
          ? Math.min(block * F, ROOM * Math.ceil(block * most) + 8 * F)
          : block * F);
    this.#out = new GrowingLists(core, block, capacity, rule === 'gated');
    this.lists = this.#out;
    this.#centred = centre ? core.alloc32(block * D) : 0;
    this.#thresholds = rule === 'batchtopk' ? core.alloc32(F) : 0;
    if (screening === 'auto' && !elsewhere && D <= MAX_WIDTH && block >= FEW) this.#prepareScreening();
  }

  /** Entries that the lists hold. */
  get capacity(): number {
    return this.#out.capacity;
  }

  /** pi = c + b_gate of each entry (gated). */
  get gates(): number {
    return this.#out.gates;
  }

  /** Rows that the last block's products were taken with, [n][D]. */
  get centred(): number {
    return this.#centred;
  }

  /** From now on the k largest (topk, batchtopk): at most `most`. */
  keep(k: number): void {
    if ('k' in this.#selection) this.#selection.k = k;
  }

  #prepareScreening(): void {
    const core = this.#core;
    const { f, F } = this.#p.sizes;
    const s = this.#selection;
    if (s.rule === 'topk' && s.k > SPARSE * F) return;
    this.#limits = core.alloc32(F);
    core.f32(this.#limits, F).fill(Number.POSITIVE_INFINITY, f);
    if (s.rule === 'topk')
      this.#screenedTop = new ScreenedTop(core, this.#p, s.k, this.#limits, this.block, (rows, n) =>
        this.#inFull(rows, n),
      );
    else
      this.#screened = new ScreenedThresholds(
        core,
        this.#p,
        s,
        s.rule === 'gated' ? core.alloc32(F) : this.#p.bEnc.ptr,
        this.#limits,
        this.block,
        SPARSE,
      );
  }

  /** Before encode() of the same samples: what is computed elsewhere, and takes messages to get there. */
  async ahead(x: number, n: number): Promise<void> {
    const [uncentred, rows] = this.centre ? [x, this.#centred] : [0, x];
    const k = 'k' in this.#selection ? this.#selection.k : 0;
    await this.#elsewhere?.ahead?.(uncentred, this.#p.bDec.ptr, rows, n, k, this.#guess);
  }

  /**
   * Encodes rows x [n][D] (room for n rounded up to 8) into this.lists. Returns the entries. `known`: latents that need not
   * be screened (batchtopk); the result is the same.
   */
  encode(x: number, n: number, known?: KnownLatents): number {
    const { D } = this.#p.sizes;
    const [row, out] = [this.#p.bDec.ptr, this.#centred];
    if (!this.centre) this.#centred = x;
    else if (this.#elsewhere) this.#uncentred = x;
    else this.#core.kernels.f32_row_subtract({ x, row, n: padTo(n, 8), d: D, out });
    if (this.#selection.rule !== 'batchtopk') {
      this.#pass(n);
      return this.#out.listed;
    }
    const without = known && this.#without(known);
    if (without) without.begin(known, this.#centred);
    return this.#encodeBatch(this.#selection.k, n, without);
  }

  /**
   * One pass over rows that are centred, for another thread's encoder: the k largest (topk), or all above the
   * `guess` (batchtopk).
   */
  pass(rows: number, n: number, k: number, guess: number): PartLists {
    this.keep(k);
    this.#centred = rows;
    this.#guess = guess;
    if (this.#thresholds) this.#core.f32(this.#thresholds, this.#p.sizes.f).fill(guess);
    this.#pass(n);
    return this.#out;
  }

  /** Screening without the latents that are known, where it takes less. */
  #without(known: KnownLatents): AliveRows | undefined {
    if (!this.#screened || !AliveRows.pays(known, this.#p)) return undefined;
    this.#alive ??= new AliveRows(this.#core, this.#p, this.#screened);
    return this.#alive;
  }

  /** One pass over the samples. */
  #pass(n: number, without?: AliveRows): void {
    const out = this.#out;
    if (this.#elsewhere) {
      out.begin();
      const k = 'k' in this.#selection ? this.#selection.k : 0;
      const row = this.#p.bDec.ptr;
      out.join(this.#elsewhere.pass(this.#uncentred, row, this.#centred, n, k, this.#guess));
      this.#uncentred = 0;
      return;
    }
    const { D, F } = this.#p.sizes;
    const screen = n >= FEW && !this.#crowded;
    if (screen && this.#screened) this.#setLimits();
    out.begin();
    for (let at = 0; at < n; at += SPAN) {
      const here = Math.min(SPAN, n - at);
      const rows = this.#centred + 4 * at * D;
      if (screen && without?.encode(rows, at, here, this.#guess, out)) continue;
      if (screen && this.#screenedTop && this.#isUsual) this.#screenedTop.encode(rows, here, out);
      else if (!(screen && this.#screened?.encode(rows, here, out))) this.#all().encode(rows, here, out);
    }
    if (!this.#screenedTop) this.#crowded = out.found > SPARSE * n * F;
  }

  get #isUsual(): boolean {
    return !('k' in this.#selection) || this.#selection.k === this.#k;
  }

  #all(): DenseEncoding {
    this.#dense ??= new DenseEncoding(this.#core, this.#p, this.#selection, this.#thresholds);
    return this.#dense;
  }

  #aside: GrowingLists | undefined;

  /** A few samples by themselves, all their pre-activations computed. */
  #inFull(rows: number, n: number): GrowingLists {
    const most = Math.min(64, this.block);
    const { k } = this.#selection as { k: number };
    this.#aside ??= new GrowingLists(this.#core, most, most * Math.min(k, this.#p.sizes.F), false);
    this.#aside.begin();
    this.#all().encode(rows, n, this.#aside);
    return this.#aside;
  }

  #setLimits(): void {
    const { f } = this.#p.sizes;
    const s = this.#selection;
    const limits = this.#core.f32(this.#limits, f);
    if (s.rule === 'gated') {
      // c + b_gate > 0 exactly where c > -b_gate.
      const gate = this.#core.f32(s.bGate, f);
      for (let i = 0; i < f; i++) limits[i] = -gate[i];
    } else if (s.rule === 'above') limits.set(this.#core.f32(s.thresholds, f));
    else if (s.rule === 'batchtopk') limits.fill(this.#guess);
  }

  /**
   * The k n largest pre > 0 of the batch; k may be a fraction, k n is rounded. A pass lists what exceeds a guessed threshold; it
   * is repeated with a lower one when that was less than k n, a higher one when the lists
   * were full. The guess decides the speed, never the result.
   */
  #encodeBatch(k: number, n: number, without?: AliveRows): number {
    const core = this.#core;
    const { kernels } = core;
    const out = this.#out;
    const wanted = Math.max(1, Math.round(Math.min(k, this.#p.sizes.F) * n));
    const { start, index, value } = out;
    // Below `low` the lists overflow (-1: not known yet), at `high` they are too short.
    let [low, high] = [-1, Number.POSITIVE_INFINITY];
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      core.f32(this.#thresholds, this.#p.sizes.f).fill(this.#guess);
      this.#pass(n, without);
      const { listed, found, samples } = out;
      if (found > out.capacity) {
        low = this.#guess;
        const share = Math.min(listed, Math.max(1, Math.floor((wanted * samples) / n)));
        const estimate = listed
          ? Math.fround(0.9 * kernels.f32_kth_largest({ values: value, n: listed, k: share }))
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
      const least = kernels.f32_kth_largest({ values: value, n: found, k: wanted });
      let equal = wanted;
      const values = core.f32(value, found);
      for (let i = 0; i < found; i++) equal -= Number(values[i] > least); // no branch: it could not be foreseen
      this.least = least;
      this.#guess = Math.fround(0.85 * least);
      return kernels.f32_keep_largest({ start, index, value, n, least, equal });
    }
    throw new CurvesaeError('BatchTopK found no threshold: too many equal pre-activations');
  }
}

const between = (low: number, high: number): number =>
  Math.fround(high === Number.POSITIVE_INFINITY ? 2 * low + 1e-6 : (low + high) / 2);
