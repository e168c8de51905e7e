// What a unit does to the classes, computed where one looks at it: the run's whole network, up to the logits, with the
// unit taken away or added, and random directions of the same length in its place. As `circuit` does it, picture by picture.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { Tensor } from '../formats/safetensors.js';
import { prepareImage } from '../images/prepare.js';
import type { RgbImage } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { createSession } from '../network/session.js';
import { tapChannels, tapInfo } from '../network/taps.js';
import type { Model, Session } from '../network/types.js';
import type { LoadedSae } from '../sae/inference.js';
import { directionsOf, type EffectQuestion, EffectSum, effectSeen } from '../study/circuit/effect.js';
import { logitsOf, middleOf } from '../study/circuit/path.js';
import type { Effect } from '../study/circuit/types.js';
import type { ExplorerIndex } from '../study/facts/format.js';
import { sameUnit, type Unit } from '../units/unit.js';
import { loadedSae, modelOf } from './live.js';

export interface EffectRequest {
  unit: Unit;
  /** Activation that is added in the middle of the picture; taken away wherever it fires unless given. */
  add?: number;
}

export class LiveEffects {
  readonly #engine: Engine;
  readonly #tap: string;
  readonly #seed: number;
  readonly #model: Model;
  readonly #logits: string;
  readonly #session: Session;
  readonly #scratch: Core;
  readonly #sae: LoadedSae | undefined;
  readonly #classes: readonly string[] | undefined;
  #asked: { request: EffectRequest; question: EffectQuestion; sum: EffectSum } | undefined;

  /** `weights`: those of model.safetensors and of behind.safetensors; `sae`: those of sae.safetensors. */
  constructor(
    engine: Engine,
    index: ExplorerIndex,
    weights: Map<string, Tensor>,
    sae?: Map<string, Tensor>,
    classes?: readonly string[],
  ) {
    const model = modelOf(index, weights);
    const logits = logitsOf(model);
    if (logits === undefined) throw new InputError('this network does not classify');
    this.#engine = engine;
    this.#tap = index.run.tap;
    this.#seed = index.run.seed;
    this.#model = model;
    this.#logits = logits;
    this.#classes = classes;
    this.#session = createSession(engine, model, { taps: [logits], splice: this.#tap });
    this.#scratch = engine.acquire();
    this.#sae = loadedSae(engine, index, sae);
  }

  /** Of all pictures since another unit, or another way, was asked for. */
  effect(image: RgbImage, request: EffectRequest): Effect {
    const { question, sum } = this.#of(request);
    this.#session.run(prepareImage(this.#scratch, image, imageInput(this.#model.description).size));
    const sae = request.unit.kind === 'features' ? this.#sae : undefined;
    sum.add(effectSeen(this.#session, question, sae));
    return sum.effect({
      class: (i) => this.#classes?.[i] ?? `class ${i}`,
      later: String, // none is asked for
    });
  }

  #of(request: EffectRequest) {
    const { unit, add } = request;
    const asked = this.#asked;
    if (asked && sameUnit(asked.request.unit, unit) && asked.request.add === add) return asked;
    if (unit.kind === 'features' && !this.#sae)
      throw new InputError('the autoencoder of this run is not here');
    const { description } = this.#model;
    const d = tapChannels(description, this.#tap);
    // Other units are left to `circuit`: they double the work.
    const { directions, length, others } = directionsOf(
      { math: this.#engine.math, d, sae: this.#sae, seed: this.#seed },
      unit,
      [],
    );
    const question: EffectQuestion = {
      ...{ tap: this.#tap, index: unit.index, directions, others, logits: this.#logits },
      ...(add !== undefined && {
        add: { position: middleOf(tapInfo(description, this.#tap)), amount: add * length },
      }),
    };
    this.#asked = { request, question, sum: new EffectSum(question, d) };
    return this.#asked;
  }

  dispose(): void {
    this.#session.dispose();
    this.#scratch.dispose();
    this.#sae?.dispose();
  }
}
