// Encoders of a step that run on all of its threads.
import type { Core } from '../../core/core.js';
import { BlockEncoder } from '../encoder.js';
import type { PartLists, Selection } from '../encoding/lists.js';
import type { SaeParameters } from '../memory.js';
import type { EncoderSpec } from './member.js';
import type { Slices } from './operations.js';

/** What operations on lists answer, as the lists that they made. */
export const partsOf = (results: readonly Float64Array[]): PartLists[] =>
  results.map(([listed, found, samples, start, index, value, gates]) => ({
    ...{ listed, found, samples },
    ...{ start, index, value, gates },
  }));

export class StepEncoders {
  /** What threads are told of them, in the order in which they were made. */
  readonly specs: EncoderSpec[] = [];
  #core: Core;
  #p: SaeParameters;
  #slices: Slices;

  constructor(core: Core, p: SaeParameters, slices: Slices) {
    this.#core = core;
    this.#p = p;
    this.#slices = slices;
  }

  /** Of `block` samples at most. `centre`: b_dec is subtracted from the input. */
  make(selection: Selection, block: number, centre: boolean): BlockEncoder {
    const slices = this.#slices;
    if (!slices.extensible) return new BlockEncoder(this.#core, this.#p, selection, block, centre);
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
}
