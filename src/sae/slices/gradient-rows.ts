// Rows of both weight gradients, a tile of latents at a time: summed from the lists where the matrices are not
// held, then measured for the norm or taken by Adam while they are in the cache.
import type { Core } from '../../core/core.js';
import type { SaeParameters } from '../memory.js';

/** Rows made at a time: with any width whole blocks of f32_sum_squares, so that the norm has the same bits. */
export const ROWS = 64;
/** Floats that f32_sum_squares takes together. */
export const SQUARES = 256;

/** Words of a term in the table of terms. */
export const TERM_WORDS = 8;

/** Latents [from, to) of lists per latent; rows dr, xc [samples][D]. */
export interface Term {
  first: number;
  sample: number;
  value: number;
  df: number;
  from: number;
  to: number;
  dr: number;
  xc: number;
}

/** Where gradients come from: matrices that are held, or terms. */
export interface GradientSource {
  /** Pointers to whole matrices [F][D]; 0: made of terms. */
  heldDec: number;
  heldEnc: number;
  /** i32 [count][TERM_WORDS], a Term each. */
  terms: number;
  count: number;
  /** 1: the part along W_dec's rows is taken out. */
  project: number;
}

export const addTerm = (core: Core, t: Term, d: number, gDec: number, gEnc: number): void =>
  core.kernels.f32_sae_weight_grad({ ...t, d, gDec, gEnc });

export class GradientRows {
  #core: Core;
  #p: SaeParameters;
  #wDec = 0;
  #wEnc = 0;

  constructor(core: Core, p: SaeParameters) {
    this.#core = core;
    this.#p = p;
  }

  /** Latents [from, to) in order, `from` a multiple of ROWS: first .. first + count - 1 at [count][D] each. */
  visit(
    source: GradientSource,
    from: number,
    to: number,
    each: (first: number, count: number, wDec: number, wEnc: number) => void,
  ): void {
    const { D } = this.#p.sizes;
    for (let first = from; first < to; first += ROWS) {
      const count = Math.min(ROWS, to - first);
      const at = 4 * first * D;
      if (source.heldDec) each(first, count, source.heldDec + at, source.heldEnc + at);
      else {
        this.#make(source, first, count);
        each(first, count, this.#wDec, this.#wEnc);
      }
    }
  }

  #make({ terms, count: many, project }: GradientSource, first: number, count: number): void {
    const core = this.#core;
    const { D } = this.#p.sizes;
    this.#wDec ||= core.alloc32(ROWS * D);
    this.#wEnc ||= core.alloc32(ROWS * D);
    core.f32(this.#wDec, count * D).fill(0);
    core.f32(this.#wEnc, count * D).fill(0);
    for (let i = 0; i < many; i++) {
      const t = this.#term(terms, i);
      const from = Math.max(first, t.from);
      const to = Math.min(first + count, t.to);
      const at = 4 * (from - first) * D;
      if (from < to) addTerm(core, { ...t, from, to }, D, this.#wDec + at, this.#wEnc + at);
    }
    if (project)
      core.kernels.f32_row_project({ g: this.#wDec, w: this.#p.wDec.ptr + 4 * first * D, n: count, d: D });
  }

  #term(terms: number, i: number): Term {
    const words = Array.from(this.#core.i32(terms + 4 * i * TERM_WORDS, TERM_WORDS), (w) => w >>> 0);
    const [first, sample, value, df, from, to, dr, xc] = words;
    return { first, sample, value, df, from, to, dr, xc };
  }
}
