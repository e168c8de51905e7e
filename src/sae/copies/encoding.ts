// The main encoder of a step, with slices of its samples on threads that have copies.
import type { Core } from '../../core/core.js';
import type { Elsewhere } from '../encoder.js';
import type { PartLists, Selection } from '../encoding/lists.js';
import { padTo, type SaeParameters } from '../memory.js';
import type { SaeMember } from '../slices/member.js';
import { OPERATIONS, partsOf } from '../slices/operations.js';
import type { Copies } from './copies.js';
import { type CopyFound, tablesOf } from './helper.js';

/** Of a block whose samples were encoded ahead. */
interface Ahead {
  rows: number;
  n: number;
  k: number;
  guess: number;
  parts: readonly PartLists[];
}

export class CopiedEncoding implements Elsewhere {
  #core: Core;
  #p: SaeParameters;
  #selection: Selection;
  #member: SaeMember;
  #copies: Copies;
  #ahead: Ahead | undefined;
  /** The others have the weights of this step. */
  #sent = false;
  /** Room for what each other thread finds. */
  #room: (PartLists & { entries: number })[] = [];

  /** `member`: of this thread, whose encoder 0 does its slices. */
  constructor(core: Core, p: SaeParameters, selection: Selection, member: SaeMember, copies: Copies) {
    this.#core = core;
    this.#p = p;
    this.#selection = selection;
    this.#member = member;
    this.#copies = copies;
  }

  /** Weights have changed. */
  begin(): void {
    this.#sent = false;
    this.#ahead = undefined;
  }

  async ahead(x: number, row: number, rows: number, n: number, k: number, guess: number): Promise<void> {
    this.#ahead = undefined;
    const copies = this.#copies;
    if (!copies.together || copies.members < 2) return;
    const core = this.#core;
    const { D } = this.#p.sizes;
    if (x) core.kernels.f32_row_subtract({ x, row, n: padTo(n, 8), d: D, out: rows });
    let own: PartLists[] = [];
    const found = await copies.encode(
      n,
      (from, to) => ({
        ...{ x: core.f32(rows + 4 * from * D, (to - from) * D).slice(), n: to - from },
        ...{ k, guess },
      }),
      this.#sent ? undefined : (buffer) => this.#weights(buffer),
      (from, to) => {
        own = this.#here(0, 0, rows + 4 * from * D, to - from, k, guess);
      },
    );
    this.#sent = true;
    if (!found) return;
    const parts = [...own, ...found.map((one, i) => this.#placed(one, i))];
    this.#ahead = { rows, n, k, guess, parts };
  }

  pass(x: number, row: number, rows: number, n: number, k: number, guess: number): readonly PartLists[] {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.rows === rows && ahead.n === n && ahead.k === k && ahead.guess === guess) return ahead.parts;
    return this.#here(x, row, rows, n, k, guess);
  }

  #here(x: number, row: number, rows: number, n: number, k: number, guess: number): PartLists[] {
    const results = new Float64Array(8);
    const { D: d } = this.#p.sizes;
    OPERATIONS.encode.run(this.#member, { encoder: 0, x, row, rows, d, k, guess }, 0, n, results);
    return partsOf([results]);
  }

  #weights(buffer: Float32Array<ArrayBuffer> | undefined) {
    const { wEnc, sizes } = this.#p;
    const core = this.#core;
    const copy = buffer ?? new Float32Array(sizes.F * sizes.D);
    copy.set(core.f32(wEnc.ptr, sizes.F * sizes.D));
    return {
      wEnc: copy,
      tables: tablesOf(this.#selection, this.#p).map((ptr) => core.f32(ptr, sizes.F).slice()),
    };
  }

  /** Lists of another thread, in this memory. */
  #placed({ start, index, value, gates, ...counts }: CopyFound, i: number): PartLists {
    const core = this.#core;
    const room = this.#room[i];
    if (!room || room.entries < counts.listed || room.samples < counts.samples) {
      const entries = Math.ceil(1.5 * counts.listed) + 64;
      this.#room[i] = {
        ...{ entries, samples: counts.samples, listed: 0, found: 0, start: core.alloc32(counts.samples + 1) },
        ...{
          index: core.alloc32(entries),
          value: core.alloc32(entries),
          gates: gates ? core.alloc32(entries) : 0,
        },
      };
    }
    const place = this.#room[i];
    core.i32(place.start, start.length).set(start);
    core.i32(place.index, index.length).set(index);
    core.f32(place.value, value.length).set(value);
    if (gates) core.f32(place.gates, gates.length).set(gates);
    return { ...place, ...counts };
  }
}
