// The gradient of the mean cross-entropy by all parameters, of a slice of a batch: its pictures one after the other, so that
// slices summed in their order give the same bits however many threads compute them.
import type { Engine } from '../../core/engine.js';
import { crossEntropy } from '../loss.js';
import { createSession } from '../session.js';
import type { Model, NetworkDescription, Session } from '../types.js';
import { type FlatLayout, flatLayout, parametersIn } from './flat.js';

/** The output whose softmax is learnt, by its name in every description that classifies. */
export const LOGITS = 'logits';

/** A picture as the network takes it, and its class. */
export interface Labelled {
  input: Float32Array;
  class: number;
}

export interface SliceGradient {
  /** Sum over the pictures, as FlatLayout has it. */
  gradient: Float32Array<ArrayBuffer>;
  /** Sum of the losses. */
  loss: number;
  /** Pictures whose class has the largest logit. */
  right: number;
  count: number;
}

/** What one thread needs to learn from pictures, or to guess their classes, with these parameters. */
export class Learner {
  readonly layout: FlatLayout;
  #engine: Engine;
  #session: Session;
  #into: Record<string, Float32Array> = {};

  /** `flat` is copied. `learns`: gradients can be asked for. */
  constructor(engine: Engine, description: NetworkDescription, flat: Float32Array, learns: boolean) {
    this.#engine = engine;
    this.layout = flatLayout(description);
    const { slots } = this.layout;
    const model: Model = {
      ...{ name: description.architecture, description, parameters: parametersIn(this.layout, flat) },
      ...{ sha256: '', lastTap: LOGITS },
    };
    const weights = [...new Set(slots.map(({ layer }) => layer))];
    this.#session = createSession(engine, model, {
      taps: [LOGITS],
      ...(learns && { backward: { from: [LOGITS], to: [], weights } }),
    });
    if (learns)
      for (const { layer, part, length } of slots) this.#into[`${layer}.${part}`] = new Float32Array(length);
  }

  /** NumericError: logits that are not finite. */
  learn(pictures: Iterable<Labelled>): SliceGradient {
    const gradient = new Float32Array(this.layout.size);
    const sums = { loss: 0, right: 0, count: 0 };
    for (const picture of pictures) {
      const { loss, by, guess } = this.#judge(picture);
      this.#session.backward({ [LOGITS]: by }, { into: this.#into });
      for (const { layer, part, start, length } of this.layout.slots) {
        const own = this.#into[`${layer}.${part}`];
        for (let i = 0; i < length; i++) gradient[start + i] += own[i];
      }
      sums.loss += loss;
      sums.right += Number(guess === picture.class);
      sums.count++;
    }
    return { gradient, ...sums };
  }

  /** The class with the largest logit, the first of equal ones, and the loss. NumericError: logits that are not finite. */
  guess(picture: Labelled): { guess: number; loss: number } {
    const { guess, loss } = this.#judge(picture);
    return { guess, loss };
  }

  dispose(): void {
    this.#session.dispose();
  }

  #judge({ input, class: label }: Labelled): { loss: number; by: Float32Array; guess: number } {
    this.#session.run(input);
    const logits = this.#session.tap(LOGITS);
    const { loss, gradient } = crossEntropy(this.#engine, logits, label);
    let guess = 0;
    for (let i = 1; i < logits.length; i++) if (logits[i] > logits[guess]) guess = i;
    return { loss, by: gradient, guess };
  }
}

/** Adds a slice to the sum of those before it. */
export function addSlice(sum: SliceGradient, slice: SliceGradient): void {
  for (let i = 0; i < sum.gradient.length; i++) sum.gradient[i] += slice.gradient[i];
  sum.loss += slice.loss;
  sum.right += slice.right;
  sum.count += slice.count;
}
