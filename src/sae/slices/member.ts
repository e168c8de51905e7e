// What a thread keeps between the slices of a step: scratch of its own beside the parameters that all share.
import type { Core } from '../../core/core.js';
import type { Member } from '../../core/team.js';
import { BlockEncoder } from '../encoder.js';
import { DeadRows } from '../encoding/dead-rows.js';
import type { Selection } from '../encoding/lists.js';
import { padTo, type SaeParameters } from '../memory.js';
import { GradientRows } from './gradient-rows.js';

/** An encoder of the step, by its place among them. */
export interface EncoderSpec {
  selection: Selection;
  /** Samples of a block, and entries that its lists hold. */
  block: number;
  capacity: number;
}

/** What each thread is told of a step: pointers into the memory that they share. */
export interface StepSpec {
  parameters: SaeParameters;
  encoders: EncoderSpec[];
}

export class SaeMember implements Member {
  #encoders: BlockEncoder[] = [];
  #dead: DeadRows | undefined;
  #gradients: GradientRows | undefined;

  /** One of `size` members. Alone, it may be given all the rows that there are. */
  constructor(
    readonly core: Core,
    readonly spec: StepSpec,
    readonly size = 1,
  ) {}

  #rowsOf(block: number): number {
    return 8 * Math.ceil(padTo(block, 8) / 8 / this.size);
  }

  encoder(i: number): BlockEncoder {
    const { selection, block, capacity } = this.spec.encoders[i];
    this.#encoders[i] ??= new BlockEncoder(
      this.core,
      this.spec.parameters,
      selection,
      this.#rowsOf(block),
      false,
      // Lists that are full for all are full for one: what they were cut to is found out in the same way.
      selection.rule === 'batchtopk' ? { capacity } : {},
    );
    return this.#encoders[i];
  }

  dead(k: number, block: number): DeadRows {
    this.#dead ??= new DeadRows(this.core, this.spec.parameters, k, this.#rowsOf(block));
    return this.#dead;
  }

  get gradients(): GradientRows {
    this.#gradients ??= new GradientRows(this.core, this.spec.parameters);
    return this.#gradients;
  }
}
