// The k largest of a few listed latents, of some samples: all their pre-activations are computed, as they are
// few and many of them are wanted.
import type { Core } from '../../core/core.js';
import { padTo, type SaeParameters } from '../memory.js';
import { FEATURE_BLOCK } from './dense.js';
import { GrowingLists } from './lists.js';

/** Samples whose pre-activations exist at a time. */
const TILE = 64;

export class DeadRows {
  /** Entries name latents by their place among those listed. */
  readonly lists: GrowingLists;
  #core: Core;
  #p: SaeParameters;
  #zeros: number;
  #rows: number;
  #panels: number;
  #interleaved: number;
  #pre: number;
  #values: number;
  #indices: number;
  #counts: number;
  #work: number;

  /** `block` samples at most. */
  constructor(
    core: Core,
    p: SaeParameters,
    readonly k: number,
    block: number,
  ) {
    const { D, F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.lists = new GrowingLists(core, block, block * k, false);
    this.#zeros = core.alloc32(D);
    this.#rows = core.alloc32(TILE * D);
    this.#panels = core.alloc32(TILE * D);
    this.#interleaved = core.alloc32(FEATURE_BLOCK * D);
    this.#pre = core.alloc32(TILE * F);
    this.#values = core.alloc32(32 * k);
    this.#indices = core.alloc32(32 * k);
    this.#counts = core.alloc32(8);
    this.#work = core.alloc32(4 * k + 8);
  }

  /**
   * Rows [n][D] as the encoder takes them, room for n rounded up to 8. `list`: `length` latents, `bias` theirs,
   * both padded to a multiple of 4 by repeating the last.
   */
  encode(rows: number, n: number, list: number, bias: number, length: number): void {
    const core = this.#core;
    const { kernels } = core;
    const { D } = this.#p.sizes;
    const padded = padTo(length, 4);
    const k = Math.min(this.k, length);
    this.lists.begin();
    for (let at = 0; at < n; at += TILE) {
      const here = Math.min(TILE, n - at);
      const panels = padTo(here, 8) >> 3;
      kernels.f32_sae_pack_8({
        x: rows + 4 * at * D,
        offset: this.#zeros,
        rows: this.#rows,
        panels: this.#panels,
        n: 8 * panels,
        d: D,
      });
      kernels.f32_sae_encode_list_4x8({
        panels: this.#panels,
        panelCount: panels,
        wEnc: this.#p.wEnc.ptr,
        list,
        bias,
        out: this.#pre,
        d: D,
        n: padded,
        block: FEATURE_BLOCK,
        scratch: this.#interleaved,
      });
      for (let i = 0; i < here; i += 8) {
        const [values, indices] = [this.#values, this.#indices];
        kernels.f32_topk_8({
          pre: this.#pre + 4 * i * padded,
          f: length,
          k,
          guess: 0,
          values,
          indices,
          counts: this.#counts,
          work: this.#work,
        });
        const counts = core.i32(this.#counts, 8);
        this.lists.append(values, indices, 0, 4 * k, counts, Math.min(8, here - i));
      }
    }
  }
}
