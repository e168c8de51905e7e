// The k largest of the dead latents of each sample (AuxK).
import type { Core } from '../../core/core.js';
import { GrowingLists } from '../encoding/lists.js';
import { padTo, type SaeParameters } from '../memory.js';
import { partsOf, type Slices } from '../slices/operations.js';

export class DeadLatents {
  readonly lists: GrowingLists;
  #core: Core;
  #p: SaeParameters;
  #slices: Slices;
  #latents: Int32Array = new Int32Array(0);
  #list: number;
  #bias: number;

  constructor(
    core: Core,
    p: SaeParameters,
    slices: Slices,
    readonly k: number,
    readonly block: number,
  ) {
    const { F } = p.sizes;
    this.#core = core;
    this.#p = p;
    this.#slices = slices;
    this.lists = new GrowingLists(core, block, block * k, false);
    this.#list = core.alloc32(F);
    this.#bias = core.alloc32(F);
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
    const { length } = this.#latents;
    const { D } = this.#p.sizes;
    this.lists.begin();
    const found = this.#slices.run(
      'encodeDead',
      { k: this.k, block: this.block, rows, d: D, list: this.#list, bias: this.#bias, length },
      n,
      { align: 8, work: n * length * D },
    );
    this.lists.join(partsOf(found));
    // Positions among the dead -> latents.
    const index = this.#core.i32(this.lists.index, this.lists.listed);
    for (let i = 0; i < index.length; i++) index[i] = this.#latents[index[i]];
    return this.lists.listed;
  }
}
