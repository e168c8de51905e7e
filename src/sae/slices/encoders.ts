// Encoders of a step that run on all of its threads.
import type { Core } from '../../core/core.js';
import type { Copies } from '../copies/copies.js';
import { CopiedEncoding } from '../copies/encoding.js';
import { BlockEncoder } from '../encoder.js';
import type { Selection } from '../encoding/lists.js';
import type { SaeParameters } from '../memory.js';
import { type EncoderSpec, SaeMember } from './member.js';
import { partsOf, type Slices } from './operations.js';

export class StepEncoders {
  /** What threads are told of them, in the order in which they were made. */
  readonly specs: EncoderSpec[] = [];
  /** This thread's part of all operations. */
  readonly member: SaeMember;
  #core: Core;
  #p: SaeParameters;
  #slices: Slices;
  /** Threads with copies: of the first encoder, which takes every sample. */
  #copies: Copies | undefined;
  #first: { encoder: BlockEncoder; encoding: CopiedEncoding } | undefined;

  constructor(core: Core, p: SaeParameters, slices: Slices, copies?: Copies) {
    this.#core = core;
    this.#p = p;
    this.#slices = slices;
    this.#copies = copies;
    this.member = new SaeMember(core, { parameters: p, encoders: this.specs });
    slices.use(this.member);
  }

  /** Of a step, whose weights are others than those of the one before. */
  begin(): void {
    this.#first?.encoding.begin();
  }

  /** Encodes a block of samples on threads that have copies, where there are; the objective then finds it done. */
  async ahead(x: number, n: number): Promise<void> {
    await this.#first?.encoder.ahead(x, n);
  }

  /** Of `block` samples at most. `centre`: b_dec is subtracted from the input. */
  make(selection: Selection, block: number, centre: boolean): BlockEncoder {
    const slices = this.#slices;
    if (!slices.extensible) return this.#copied(selection, block, centre);
    const { D, F } = this.#p.sizes;
    const encoder = this.specs.length;
    const made = new BlockEncoder(this.#core, this.#p, selection, block, centre, {
      elsewhere: {
        pass: (x, row, rows, n, k, guess) => {
          const operands = { encoder, x, row, rows, d: D, k, guess };
          return partsOf(slices.run('encode', operands, n, { align: 8, work: n * F * D }));
        },
      },
    });
    this.specs.push({ selection, block, capacity: made.capacity });
    return made;
  }

  #copied(selection: Selection, block: number, centre: boolean): BlockEncoder {
    const [core, p, copies] = [this.#core, this.#p, this.#copies];
    if (!copies || this.#first) return new BlockEncoder(core, p, selection, block, centre);
    const encoding = new CopiedEncoding(core, p, selection, this.member, copies);
    const encoder = new BlockEncoder(core, p, selection, block, centre, { elsewhere: encoding });
    this.specs.push({ selection, block, capacity: encoder.capacity });
    this.#first = { encoder, encoding };
    return encoder;
  }
}
