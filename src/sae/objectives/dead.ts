// The k largest of the dead latents of each sample (AuxK). All their pre-activations are
// computed: they are few, and many of them are wanted.
import type { Core } from '../../core/core.js';
import { FEATURE_BLOCK } from '../encoding/dense.js';
import { GrowingLists } from '../encoding/lists.js';
import { padTo, type SaeParameters } from '../memory.js';

/** Samples whose pre-activations exist at a time. */
const TILE = 64;

export class DeadLatents {
  readonly lists: GrowingLists;
  #core: Core;
  #p: SaeParameters;
  #latents: Int32Array = new Int32Array(0);
  #list: number;
  #bias: number;
  #zeros: number;
  #rows: number;
  #panels: number;
  #interleaved: number;
  #pre: number;
  #values: number;
  #indices: number;
  #counts: number;
  #work: number;

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
    this.#list = core.alloc32(F);
    this.#bias = core.alloc32(F);
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

  /** Begins a step with the latents that are dead. */
  begin(latents: Int32Array): void {
    this.#latents = latents;
    this.lists.begin();
    const n = latents.length;
    if (!n) return;
    // The kernel takes them by fours; the last one is repeated and not looked at.
    const list = this.#core.i32(this.#list, padTo(n, 4));
    list.set(latents);
    list.fill(latents[n - 1], n);
    const bias = this.#core.f32(this.#p.bEnc.ptr, this.#p.sizes.F);
    this.#core.f32(this.#bias, list.length).set(Float32Array.from(list, (f) => bias[f]));
  }

  /** Rows [n][D] as the encoder takes them, room for n rounded up to 8. Returns the entries. */
  encode(rows: number, n: number): number {
    const core = this.#core;
    const { kernels } = core;
    const { D } = this.#p.sizes;
    const { length } = this.#latents;
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
        list: this.#list,
        bias: this.#bias,
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
    // Positions among the dead -> latents.
    const index = core.i32(this.lists.index, this.lists.listed);
    for (let i = 0; i < index.length; i++) index[i] = this.#latents[index[i]];
    return this.lists.listed;
  }
}
