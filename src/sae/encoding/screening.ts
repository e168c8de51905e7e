// Screening: 16-bit products bound every pre-activation from above (i16_sae_screen_4x8, where the
// bound is derived); the few that may be wanted are computed again in f32, in the order and with
// the bits of the dense form (screened-thresholds.ts, screened-top.ts). Guesses and shares decide
// the speed, never the result.
import type { Core } from '../../core/core.js';
import { padTo } from '../memory.js';
import { FEATURE_BLOCK } from './dense.js';

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
export class Sweep {
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
export class Samples {
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
