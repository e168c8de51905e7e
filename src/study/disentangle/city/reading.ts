// Prompts before a language model: the residual stream at the city's token, and what the model answers when that is
// changed. All prompts of a file begin alike: what that part leaves in later blocks is computed once and kept
// (SessionOptions.cache), so that a change costs the last tokens alone, there and back.
import type { Engine } from '../../../core/engine.js';
import { createSession } from '../../../network/session.js';
import { tailOf } from '../../../network/tail.js';
import type { Model, Session } from '../../../network/types.js';
import type { PromptSet } from './prompts.js';

export const ANSWER = 'logits';

/** What the model says at a prompt's end: logits [vocabulary]; what comes back is the gradient by them. */
export type Heard = (logits: Float32Array) => Float32Array | undefined;

export class PromptReading {
  /** Width of the stream. */
  readonly d: number;
  readonly #tap: string;
  readonly #set: PromptSet;
  readonly #at: number;
  /** Tokens that are kept. */
  readonly #kept: number;
  readonly #tail: Session;
  /** By prompt: the stream at all tokens that are not kept, [rows][d]. */
  readonly #streams: Float32Array[];

  /** `at`: the city's token, from the end: -8. */
  constructor(engine: Engine, model: Model, tap: string, set: PromptSet, at: number) {
    const length = set.prompts[0].length;
    this.#tap = tap;
    this.#set = set;
    // The city's token and what follows is never kept.
    this.#kept = Math.min(set.common, length + at);
    this.#at = length + at - this.#kept;
    const there = createSession(engine, model, { width: length, taps: [tap] });
    this.d = there.info(tap).channels;
    const from = this.#kept * this.d;
    let before = new Float32Array(0);
    try {
      this.#streams = set.prompts.map((tokens, i) => {
        there.run(Float32Array.from(tokens));
        const stream = there.tap(tap);
        if (i === 0) before = stream.slice(0, from);
        return stream.slice(from);
      });
    } finally {
      there.dispose();
    }
    const tail = tailOf(model, tap, ANSWER, undefined, length - this.#kept);
    this.#tail = createSession(engine, tail.model, {
      taps: [],
      cache: length,
      backward: { from: [ANSWER], to: [tap] },
    });
    const rows = (length - this.#kept) * this.d;
    for (let first = 0; first < from; first += rows)
      this.#tail.run({ [tap]: before.slice(first, first + rows) });
  }

  /** [1][d] */
  vectors(prompt: number): Float32Array {
    return this.#streams[prompt].slice(this.#at * this.d, (this.#at + 1) * this.d);
  }

  /** `h` [d] in the place of the city's vector; undefined: as it is. The gradient by it where `heard` gave one. */
  hear(prompt: number, h: Float32Array | undefined, heard: Heard): Float32Array | undefined {
    const stream = this.#streams[prompt].slice();
    if (h) stream.set(h, this.#at * this.d);
    this.#tail.rewind(this.#kept);
    this.#tail.run({ [this.#tap]: stream });
    const all = this.#tail.tap(ANSWER);
    const vocabulary = this.#tail.info(ANSWER).channels;
    const by = heard(all.slice(all.length - vocabulary));
    if (!by) return undefined;
    const gradient = new Float32Array(all.length);
    gradient.set(by, all.length - vocabulary);
    const back = this.#tail.backward({ [ANSWER]: gradient })[this.#tap];
    return back.slice(this.#at * this.d, (this.#at + 1) * this.d);
  }

  get set(): PromptSet {
    return this.#set;
  }

  dispose(): void {
    this.#tail.dispose();
  }
}
