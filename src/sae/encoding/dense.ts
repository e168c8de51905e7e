// Every pre-activation in f32, then the choice among them: the form for latents that are not
// sparse, for few samples, and for whatever screening cannot bound.
//   rows [n][D] -> panels [n/8][D][8] -> pre [n/8][F][8] -> lists
import type { Core } from '../../core/core.js';
import type { SaeParameters } from '../memory.js';
import { padTo } from '../memory.js';
import type { GrowingLists, Selection } from './lists.js';

/** Samples whose pre-activations exist at a time: they stay in the second-level cache. */
const TILE = 64;
/** Features per pass of the encoder: their rows stay in the first-level cache. */
export const FEATURE_BLOCK = 32;

export class DenseEncoding {
  #core: Core;
  #p: SaeParameters;
  #selection: Selection;
  /** F equal thresholds (batchtopk). */
  #thresholds: number;
  #zeros: number;
  #rows: number;
  #panels: number;
  #interleaved: number;
  #pre: number;
  /** Floats that follow one another for the candidates of a sample of a panel, at most. */
  #candidates: number;
  #values: number;
  #gates: number;
  #indices: number;
  #counts: number;
  #work: number;
  #guess = 0;

  constructor(core: Core, p: SaeParameters, selection: Selection, thresholds: number) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#selection = selection;
    this.#thresholds = thresholds;
    this.#zeros = core.alloc32(Math.max(D, F));
    this.#rows = core.alloc32(TILE * D);
    this.#panels = core.alloc32(TILE * D);
    this.#interleaved = core.alloc32(FEATURE_BLOCK * D);
    this.#pre = core.alloc32(TILE * F);
    this.#candidates = selection.rule === 'topk' ? 4 * Math.min(selection.most ?? selection.k, F) : F;
    this.#values = core.alloc32(8 * this.#candidates);
    this.#gates = selection.rule === 'gated' ? core.alloc32(8 * F) : 0;
    this.#indices = core.alloc32(8 * this.#candidates);
    this.#counts = core.alloc32(8);
    this.#work = core.alloc32(this.#candidates + 8);
  }

  /** Appends n samples; rows [n][D] has room for n rounded up to 8. */
  encode(rows: number, n: number, out: GrowingLists): void {
    const { D, F } = this.#p.sizes;
    for (let at = 0; at < n; at += TILE) {
      const here = Math.min(TILE, n - at);
      this.#products(rows + 4 * at * D, padTo(here, 8) >> 3);
      for (let i = 0; i < here; i += 8) {
        const stride = this.#choose(this.#pre + 4 * i * F);
        const counts = this.#core.i32(this.#counts, 8);
        out.append(this.#values, this.#indices, this.#gates, stride, counts, Math.min(8, here - i));
      }
    }
  }

  #products(rows: number, panels: number): void {
    const { kernels } = this.#core;
    const { D, F } = this.#p.sizes;
    const bias = this.#selection.rule === 'gated' ? this.#zeros : this.#p.bEnc.ptr;
    kernels.f32_sae_pack_8({
      x: rows,
      offset: this.#zeros,
      rows: this.#rows,
      panels: this.#panels,
      n: 8 * panels,
      d: D,
    });
    kernels.f32_sae_encode_4x8({
      panels: this.#panels,
      panelCount: panels,
      wEnc: this.#p.wEnc.ptr,
      bias,
      out: this.#pre,
      d: D,
      f: F,
      block: FEATURE_BLOCK,
      scratch: this.#interleaved,
    });
  }

  /** Candidates of 8 samples. Returns how many floats apart theirs begin. */
  #choose(pre: number): number {
    const { kernels } = this.#core;
    const { F } = this.#p.sizes;
    const s = this.#selection;
    const [values, indices, counts] = [this.#values, this.#indices, this.#counts];
    if (s.rule === 'topk') {
      const k = Math.min(s.k, F);
      const least = kernels.f32_topk_8({
        pre,
        f: F,
        k,
        guess: this.#guess,
        values,
        indices,
        counts,
        work: this.#work,
      });
      // A guess a little below the usual k-th value; it decides the speed, never the result.
      const target = Math.fround(0.9 * least);
      this.#guess = this.#guess > 0 ? Math.fround(0.95 * this.#guess + 0.05 * target) : target;
      if (this.#guess > least) this.#guess = target;
      return 4 * k; // of this k, which may be below the largest that there is room for
    }
    if (s.rule === 'relu') kernels.f32_positive_8({ pre, f: F, values, indices, counts });
    else if (s.rule === 'gated')
      kernels.f32_gated_8({
        pre,
        f: F,
        bGate: s.bGate,
        scale: s.scale,
        bMag: s.bMag,
        onlyActive: s.onlyActive ? 1 : 0,
        gates: this.#gates,
        values,
        indices,
        counts,
      });
    else {
      const thresholds = s.rule === 'above' ? s.thresholds : this.#thresholds;
      kernels.f32_above_8({ pre, f: F, thresholds, values, indices, counts });
    }
    return this.#candidates;
  }
}
