// Encoding by screening (screening.ts) into lists of what is above a threshold.
import type { Core } from '../../core/core.js';
import { padTo, type SaeParameters } from '../memory.js';
import { FEATURE_BLOCK } from './dense.js';
import type { GrowingLists, Selection } from './lists.js';
import { Samples, type ScreenedRows, SPAN, Sweep } from './screening.js';

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
