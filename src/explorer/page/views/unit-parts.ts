// What the data have of one unit, for the sections of its page.

import { note } from '../dom.js';
import type { Tensors } from '../fetched.js';

/** The row of one unit in its chunk. */
export class Parts {
  constructor(
    readonly tensors: Tensors,
    readonly row: number,
  ) {}
  f32 = (name: string) => this.tensors.row(this.tensors.f32(name), name, this.row);
  ints = (name: string) => this.tensors.row(this.tensors.ints(name), name, this.row);
}

/** What a section says where its data are not here. */
export const missing = (what: string, reason: string | undefined) =>
  note(`${what} not here${reason ? `: ${reason}` : '.'}`);
