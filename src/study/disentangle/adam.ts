// Adam (Kingma & Ba 2015) on numbers in a core's memory.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

export class Adam {
  readonly #core: Core;
  readonly #n: number;
  readonly #at: { p: number; m: number; v: number; g: number };
  #steps = 0;

  /** All numbers begin at 0. */
  constructor(engine: Engine, n: number) {
    this.#n = n;
    this.#core = engine.acquire();
    const padded = Math.max(4, Math.ceil(n / 4) * 4);
    const [p, m, v, g] = Array.from({ length: 4 }, () => this.#core.alloc32(padded));
    this.#at = { p, m, v, g };
  }

  /** A copy. */
  get values(): Float32Array {
    return this.#core.f32(this.#at.p, this.#n).slice();
  }

  /** Down the gradient. */
  step(gradient: ArrayLike<number>, rate: number): void {
    const { pow } = this.#core.math;
    this.#steps++;
    this.#core.f32(this.#at.g, this.#n).set(gradient);
    this.#core.kernels.f32_adam({
      ...{ ...this.#at, n: Math.ceil(this.#n / 4) * 4, scale: 1, b1: BETA1, b2: BETA2, eps: EPSILON },
      rate: rate / (1 - pow(BETA1, this.#steps)),
      correction: 1 / Math.sqrt(1 - pow(BETA2, this.#steps)),
    });
  }

  dispose(): void {
    this.#core.dispose();
  }
}
