// Encoding by screening: 16-bit products bound every pre-activation from above
// (i16_sae_screen_4x8, where the bound is derived); the few that may be wanted are computed
// again in f32, in the order and with the bits of the dense form. Guesses and shares decide
// the speed, never the result.
import type { Core } from '../../core/core.js';
import { padTo, type SaeParameters } from '../memory.js';
import { FEATURE_BLOCK } from './dense.js';
import type { GrowingLists, Selection } from './lists.js';

/** Samples for which the weights are quantised once. Their 16-bit rows stay in the second-level cache. */
export const SPAN = 512;
/** 16-bit products have room for a bound up to this width. */
export const MAX_WIDTH = 65536;

/** What is screened: rows of W_enc, f32[F][D], their biases and thresholds, f32[F]; F a multiple of 4. */
export interface ScreenedRows {
  wEnc: number;
  bias: number;
  thresholds: number;
  F: number;
}

/** The weights side of screening: a block of features at a time. */
class Sweep {
  /** Inverse scales and bounds' constants of all features, f32[F]. */
  readonly inverse: number;
  readonly beta: number;
  /** A block's 16-bit rows. */
  readonly w16: number;

  constructor(
    readonly core: Core,
    readonly D: number,
    readonly rows: ScreenedRows,
  ) {
    const { F } = rows;
    this.inverse = core.alloc32(F);
    this.beta = core.alloc32(F);
    this.w16 = core.alloc(2 * FEATURE_BLOCK * D);
  }

  /** Calls `each` with blocks of features until it returns false. `rows`: no more than the first were. */
  run(each: (first: number, count: number) => boolean, rows = this.rows): boolean {
    const { core, D } = this;
    const { kernels } = core;
    const { wEnc, bias, thresholds, F } = rows;
    kernels.i16_sae_beta({ bias, thresholds, n: F, d: D, beta: this.beta });
    for (let f = 0; f < F; f += FEATURE_BLOCK) {
      const count = Math.min(FEATURE_BLOCK, F - f);
      kernels.i16_quantize_rows({
        x: wEnc + 4 * f * D,
        n: count,
        d: D,
        group: 4,
        out: this.w16,
        inverse: this.inverse + 4 * f,
      });
      if (!each(f, count)) return false;
    }
    return true;
  }
}

/** The samples' side: 16-bit panels, inverse scales, thresholds. */
class Samples {
  readonly x16: number;
  readonly inverse: number;
  readonly thresholds: number;

  constructor(
    readonly core: Core,
    readonly most: number,
    readonly D: number,
  ) {
    this.x16 = core.alloc(2 * most * D);
    this.inverse = core.alloc32(most);
    this.thresholds = core.alloc32(most);
  }

  /** Rows that fill up the last panel get a threshold that nothing exceeds. */
  load(rows: number, n: number, guess: number): void {
    const padded = padTo(n, 8);
    this.core.kernels.i16_quantize_rows({
      x: rows,
      n: padded,
      d: this.D,
      group: 8,
      out: this.x16,
      inverse: this.inverse,
    });
    const inverse = this.core.f32(this.inverse, padded);
    const thresholds = this.core.f32(this.thresholds, padded);
    for (let s = 0; s < n; s++)
      thresholds[s] = inverse[s] < Number.POSITIVE_INFINITY ? guess * inverse[s] : 0;
    thresholds.fill(Number.POSITIVE_INFINITY, n);
  }
}

/** Lists of entries above a threshold per latent: relu, above, batchtopk, gated. */
export class ScreenedThresholds {
  #core: Core;
  #selection: Selection;
  #sweep: Sweep;
  #samples: Samples;
  /** Room for this many entries of a span; with more, the dense form is faster. */
  #capacity: number;
  /** [FEATURE_BLOCK][stride] bytes. */
  #masks: number;
  #stride: number;
  #scratch: number;
  /** Lists per latent. */
  #ends: number;
  #sample: number;
  #value: number;
  #gates: number;
  #next: number;
  #first: number;

  /** `bias`, `thresholds`: f32[F]; latents of padding need a threshold of infinity. */
  constructor(
    core: Core,
    p: SaeParameters,
    selection: Selection,
    bias: number,
    thresholds: number,
    block: number,
    share: number,
  ) {
    const { D, F } = p.sizes;
    const span = Math.min(SPAN, block);
    this.#core = core;
    this.#selection = selection;
    this.#sweep = new Sweep(core, D, { wEnc: p.wEnc.ptr, bias, thresholds, F });
    this.#samples = new Samples(core, span, D);
    this.#capacity = Math.ceil(share * span * F) + span;
    this.#stride = padTo(span >> 3, 8);
    this.#masks = core.alloc(FEATURE_BLOCK * this.#stride);
    this.#scratch = core.alloc32(Math.max(2 * (span + 4), 32));
    this.#ends = core.alloc32(F + 1);
    this.#sample = core.alloc32(this.#capacity);
    this.#value = core.alloc32(this.#capacity);
    this.#gates = selection.rule === 'gated' ? core.alloc32(this.#capacity) : 0;
    this.#next = core.alloc32(span);
    this.#first = core.alloc32(span + 1);
  }

  /** Appends at most SPAN samples, or returns false where they have too many entries. `of`: some of the rows, in their stead. */
  encode(rows: number, n: number, out: GrowingLists, of?: ScreenedRows): boolean {
    const { kernels } = this.#core;
    const panels = padTo(n, 8) >> 3;
    const samples = this.#samples;
    const sweep = this.#sweep;
    const { D } = sweep;
    const { wEnc, bias, thresholds, F } = of ?? sweep.rows;
    samples.load(rows, n, 0);
    let at = 0;
    this.#core.i32(this.#ends, 1)[0] = 0;
    const fits = sweep.run((f, count) => {
      kernels.i16_sae_screen_4x8({
        x16: samples.x16,
        panelCount: panels,
        inverseX: samples.inverse,
        thresholds: samples.thresholds,
        w16: sweep.w16,
        inverseW: sweep.inverse + 4 * f,
        beta: sweep.beta + 4 * f,
        d: D,
        count,
        masks: this.#masks,
        maskStride: this.#stride,
        scratch: this.#scratch,
      });
      at = kernels.f32_sae_rescore_masks({
        masks: this.#masks,
        maskStride: this.#stride,
        n,
        x: rows,
        wEnc,
        bias,
        thresholds,
        d: D,
        first: f,
        count,
        ends: this.#ends,
        sample: this.#sample,
        value: this.#value,
        at,
        capacity: this.#capacity,
        scratch: this.#scratch,
      });
      return at >= 0;
    }, of);
    if (!fits) return false;
    const s = this.#selection;
    if (s.rule === 'gated')
      at = kernels.f32_gated_lists({
        ends: this.#ends,
        f: F,
        sample: this.#sample,
        value: this.#value,
        bGate: s.bGate,
        scale: s.scale,
        bMag: s.bMag,
        onlyActive: s.onlyActive ? 1 : 0,
        gates: this.#gates,
      });
    if (out.found + at > out.capacity) return false;
    out.reserve(at);
    // Lists per latent -> per sample, each in order of its latents.
    const to = 4 * out.listed;
    kernels.i32_csc_count({ index: this.#sample, entries: at, f: n, first: this.#first });
    kernels.i32_csc_fill({
      start: this.#ends,
      index: this.#sample,
      value: this.#value,
      df: this.#gates || this.#value,
      n: F,
      f: n,
      first: this.#first,
      next: this.#next,
      sample: out.index + to,
      valueT: out.value + to,
      dfT: (out.gates || out.value) + to,
    });
    const start = this.#core.i32(out.start, out.block + 1);
    const first = this.#core.i32(this.#first, n + 1);
    for (let i = 0; i <= n; i++) start[out.samples + i] = out.listed + first[i];
    out.samples += n;
    out.listed += at;
    return true;
  }
}

/** Candidates of the k largest of some samples, and what became of them. */
class TopLists {
  readonly samples: Samples;
  readonly values: number;
  readonly indices: number;
  readonly counts: number;
  readonly scratch: number;

  constructor(
    readonly core: Core,
    readonly sweep: Sweep,
    readonly k: number,
    readonly capacity: number,
    most: number,
  ) {
    this.samples = new Samples(core, most, sweep.D);
    this.values = core.alloc32(most * capacity);
    this.indices = core.alloc32(most * capacity);
    this.counts = core.alloc32(most);
    this.scratch = core.alloc32(capacity + 32);
  }

  /** counts: as f32_sae_rescore_top has them; samples.thresholds: the k-th values. */
  run(rows: number, n: number, guess: number): void {
    const { core, sweep, samples, k, capacity } = this;
    const { D } = sweep;
    samples.load(rows, n, guess);
    const panels = padTo(n, 8) >> 3;
    const counts = core.i32(this.counts, 8 * panels);
    counts.fill(0, 0, n);
    counts.fill(-1, n);
    sweep.run((f, count) => {
      core.kernels.i16_sae_screen_top_4x8({
        x16: samples.x16,
        panelCount: panels,
        inverseX: samples.inverse,
        thresholds: samples.thresholds,
        w16: sweep.w16,
        inverseW: sweep.inverse,
        beta: sweep.beta,
        bias: sweep.rows.bias,
        d: D,
        first: f,
        count,
        k,
        values: this.values,
        indices: this.indices,
        counts: this.counts,
        capacity,
        scratch: this.scratch,
      });
      return true;
    });
    core.kernels.f32_sae_rescore_top({
      x: rows,
      n,
      wEnc: sweep.rows.wEnc,
      bias: sweep.rows.bias,
      d: D,
      k,
      inverseX: samples.inverse,
      inverseW: sweep.inverse,
      thresholds: samples.thresholds,
      values: this.values,
      indices: this.indices,
      counts: this.counts,
      capacity,
      scratch: this.scratch,
    });
  }
}

/** Samples whose guessed threshold was too high, or that need the dense form, at a time. */
const AGAIN = 64;

/** So many samples are sooner encoded in full than screened with quantised weights of their own. */
const FEW = 16;

/** The k largest of each sample. */
export class ScreenedTop {
  #core: Core;
  #D: number;
  #sweep: Sweep;
  #main: TopLists;
  #again: TopLists;
  #rows: number;
  /** Guessed k-th value over the sample's inverse scale, which goes with its norm. */
  #guess = 0;
  #dense: (rows: number, n: number) => GrowingLists;

  /** `thresholds`: f32[F], 0, infinity for padding. `dense`: encodes samples in full. */
  constructor(
    core: Core,
    p: SaeParameters,
    k: number,
    thresholds: number,
    block: number,
    dense: (rows: number, n: number) => GrowingLists,
  ) {
    const capacity = padTo(4 * k + 32, 8);
    this.#core = core;
    const { D, F } = p.sizes;
    this.#D = D;
    this.#dense = dense;
    this.#sweep = new Sweep(core, D, { wEnc: p.wEnc.ptr, bias: p.bEnc.ptr, thresholds, F });
    this.#main = new TopLists(core, this.#sweep, k, capacity, Math.min(SPAN, block));
    this.#again = new TopLists(core, this.#sweep, k, capacity, Math.min(AGAIN, block));
    this.#rows = core.alloc32(AGAIN * p.sizes.D);
  }

  /** Appends at most SPAN samples. */
  encode(rows: number, n: number, out: GrowingLists): void {
    const main = this.#main;
    main.run(rows, n, this.#guess);
    const those = (what: number): number[] => {
      const counts = this.#core.i32(main.counts, n);
      return [...counts.keys()].filter((s) => counts[s] === what);
    };
    const short = those(-2);
    if (short.length > FEW)
      this.#inGroups(rows, short, (group, gathered) => {
        this.#again.run(gathered, group.length, 0);
        group.forEach((s, i) => {
          this.#take(s, this.#core.i32(this.#again.counts, group.length)[i], i);
        });
      });
    const rest = short.length > FEW ? those(-1) : [...those(-1), ...short];
    this.#inGroups(rows, rest, (group, gathered) => {
      const lists = this.#dense(gathered, group.length);
      const start = this.#core.i32(lists.start, group.length + 1);
      group.forEach((s, i) => {
        this.#put(s, start[i + 1] - start[i], lists.value + 4 * start[i], lists.index + 4 * start[i], 0);
      });
    });
    this.#learn(n);
    out.append(main.values, main.indices, 0, main.capacity, this.#core.i32(main.counts, n), n);
  }

  #inGroups(rows: number, samples: number[], each: (group: number[], gathered: number) => void): void {
    for (let at = 0; at < samples.length; at += AGAIN) {
      const group = samples.slice(at, at + AGAIN);
      const to = this.#core.f32(this.#rows, padTo(group.length, 8) * this.#D).fill(0);
      group.forEach((s, i) => {
        to.set(this.#core.f32(rows + 4 * s * this.#D, this.#D), i * this.#D);
      });
      each(group, this.#rows);
    }
  }

  #take(s: number, count: number, i: number): void {
    const { values, indices, capacity, samples } = this.#again;
    const at = 4 * i * capacity;
    this.#put(s, count, values + at, indices + at, this.#core.f32(samples.thresholds + 4 * i, 1)[0]);
  }

  #put(s: number, count: number, values: number, indices: number, kth: number): void {
    const core = this.#core;
    const main = this.#main;
    core.i32(main.counts, s + 1)[s] = count;
    core.f32(main.samples.thresholds, s + 1)[s] = kth;
    if (count < 0) return;
    const to = 4 * s * main.capacity;
    core.f32(main.values + to, count).set(core.f32(values, count));
    core.i32(main.indices + to, count).set(core.i32(indices, count));
  }

  /** Next time few samples should fall short: they are screened once more. */
  #learn(n: number): void {
    const kth = this.#core.f32(this.#main.samples.thresholds, n);
    const inverse = this.#core.f32(this.#main.samples.inverse, n);
    const ratios = new Float32Array(n);
    for (let s = 0; s < n; s++) {
      const r = kth[s] / inverse[s];
      ratios[s] = r > 0 && r < Number.POSITIVE_INFINITY ? r : 0;
    }
    ratios.sort();
    const low = ratios[n >> 7];
    this.#guess = this.#guess > 0 ? Math.fround((this.#guess + low) / 2) : low;
  }
}
