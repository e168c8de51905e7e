// The loop: pictures are shown to the network, and climb what it is asked for.
import type { Engine } from '../../core/engine.js';
import { NumericError } from '../../core/errors.js';
import { Rng } from '../../core/random.js';
import { imageInput } from '../../network/ops/image.js';
import { createSession } from '../../network/session.js';
import type { Model, Session } from '../../network/types.js';
import { Canvas } from './canvas.js';
import { type Activations, Evaluation, tapsOf } from './objective.js';
import { type Affine, centred, randomAffine, windowOf } from './transforms.js';
import type { Objective, PaintState, PictureOptions } from './types.js';

/** What painters of one tap and size share: the network's memory is costly. */
export const painterKey = (objective: Objective, { size, batch }: PictureOptions): string =>
  JSON.stringify([tapsOf(objective), size, batch]);

export class Painter {
  readonly #session: Session;
  readonly #canvases: Canvas[];
  readonly #taps: string[];
  readonly #input: string;
  readonly #seen: Float32Array;
  readonly #gradient: Float32Array;

  /** UsageError: a tap that needs the network's own input size, or for which the picture is too small. */
  constructor(
    readonly engine: Engine,
    model: Model,
    objective: Objective,
    { size, batch }: PictureOptions,
  ) {
    const window = windowOf(size);
    this.#taps = tapsOf(objective);
    this.#input = imageInput(model.description).out;
    this.#session = createSession(engine, model, {
      ...{ height: window, width: window, taps: this.#taps },
      backward: { from: this.#taps, to: [this.#input] },
    });
    this.#canvases = [];
    try {
      for (let i = 0; i < batch; i++) this.#canvases.push(new Canvas(engine, size, window));
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.#seen = new Float32Array(3 * window * window);
    this.#gradient = new Float32Array(3 * window * window);
  }

  /**
   * From a state, or from the beginning, to the step `to` (of options.steps, or as many as come before).
   * NumericError where a picture's gradient or value is no number.
   */
  paint(objective: Objective, options: PictureOptions, to: number, from?: PaintState): PaintState {
    const { size, seed, transforms, rate } = options;
    const { math } = this.engine;
    const states = from?.pictures ?? this.#canvases.map((canvas, i) => canvas.fresh(new Rng(seed, i)));
    const rngs = states.map((state) => new Rng(state.rng));
    for (const [i, canvas] of this.#canvases.entries()) canvas.load(states[i]);
    const infos = new Map(this.#taps.map((tap) => [tap, this.#session.info(tap)]));
    const evaluation = new Evaluation(this.engine, objective, infos, windowOf(size), this.#canvases.length);
    try {
      for (let step = states[0].step; step < to; step++) {
        const maps = rngs.map((rng) => (transforms ? randomAffine(math, rng, size) : centred(size)));
        this.#step(evaluation, maps, step, rate, step < options.redirected);
      }
      const values = this.#canvases.map((canvas) => {
        canvas.paint();
        const value = evaluation.value(this.#shown(canvas, centred(size)));
        if (!Number.isFinite(value)) throw new NumericError(`the objective is ${value} after step ${to}`);
        return value;
      });
      const pictures = this.#canvases.map((canvas, i) => canvas.save(to, rngs[i]));
      return { pictures, rgb: this.#canvases.map((canvas) => canvas.pixels()), values };
    } finally {
      evaluation.dispose();
    }
  }

  #step(
    evaluation: Evaluation,
    maps: readonly Affine[],
    step: number,
    rate: number,
    redirect: boolean,
  ): void {
    const shown = this.#canvases.map((canvas, i) => {
      canvas.paint();
      return this.#shown(canvas, maps[i]);
    });
    const gradients = evaluation.gradients(shown);
    for (const [i, canvas] of this.#canvases.entries()) {
      // The way back reads what the network holds: of several pictures, that of the last.
      if (this.#canvases.length > 1) this.#shown(canvas, maps[i]);
      this.#session.backward(gradients[i], { redirect, into: { [this.#input]: this.#gradient } });
      canvas.climb(this.#gradient, step + 1, rate);
    }
  }

  #shown(canvas: Canvas, map: Affine): Activations {
    canvas.view(map, this.#seen);
    this.#session.run(this.#seen);
    return new Map(this.#taps.map((tap) => [tap, this.#session.tap(tap)]));
  }

  dispose(): void {
    for (const canvas of this.#canvases) canvas.dispose();
    this.#session.dispose();
  }
}
