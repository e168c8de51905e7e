// AdamW (Kingma & Ba 2015; Loshchilov & Hutter 2019) on all parameters of a network, with a rate that rises and then falls
// as half a cosine.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import type { CoreMath } from '../../core/math.js';
import type { FlatLayout } from './flat.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface OptimiserOptions {
  /** Largest rate. */
  lr: number;
  /** Share of the run over which it rises from 0. */
  warmup: number;
  /** Of weights, not of biases: each step multiplies them by 1 - rate * decay. */
  weightDecay: number;
  steps: number;
}

/** Rate of step `step`, which is 1 for the first. */
export function rateAt(math: CoreMath, { lr, warmup, steps }: OptimiserOptions, step: number): number {
  const rising = Math.ceil(warmup * steps);
  if (step <= rising) return (lr * step) / rising;
  return (lr / 2) * (1 + math.cos((Math.PI * (step - 1 - rising)) / Math.max(1, steps - rising)));
}

/** Values, moments, and the number of steps that they are of. */
export class Optimiser {
  step = 0;
  readonly #core: Core;
  readonly #layout: FlatLayout;
  readonly #options: OptimiserOptions;
  readonly #at: { values: number; first: number; second: number; gradient: number };

  constructor(engine: Engine, layout: FlatLayout, options: OptimiserOptions, values: Float32Array) {
    this.#core = engine.acquire();
    this.#layout = layout;
    this.#options = options;
    const { size } = layout;
    const [first, second, gradient] = [1, 2, 3].map(() => this.#core.alloc32(size));
    this.#at = { values: this.#core.put(values), first, second, gradient };
  }

  /** A copy of the parameters. */
  get values(): Float32Array<ArrayBuffer> {
    return this.#core.f32(this.#at.values, this.#layout.size).slice() as Float32Array<ArrayBuffer>;
  }

  /** What a checkpoint keeps, in place: views until the next step. */
  get state(): Record<'values' | 'first' | 'second', Float32Array> {
    const view = (ptr: number) => this.#core.f32(ptr, this.#layout.size);
    const { values, first, second } = this.#at;
    return { values: view(values), first: view(first), second: view(second) };
  }

  /** `sum`: of the gradients of `count` pictures. Returns the rate. */
  take(sum: Float32Array, count: number): number {
    const { math, kernels } = this.#core;
    const { size } = this.#layout;
    const t = ++this.step;
    const rate = rateAt(math, this.#options, t);
    this.#shrink(1 - rate * this.#options.weightDecay);
    this.#core.f32(this.#at.gradient, size).set(sum);
    kernels.f32_adam({
      ...{ p: this.#at.values, m: this.#at.first, v: this.#at.second, g: this.#at.gradient, n: size },
      scale: 1 / count,
      rate: rate / (1 - math.pow(BETA1, t)),
      correction: 1 / Math.sqrt(1 - math.pow(BETA2, t)),
      ...{ b1: BETA1, b2: BETA2, eps: EPSILON },
    });
    return rate;
  }

  dispose(): void {
    this.#core.dispose();
  }

  #shrink(share: number): void {
    const values = this.#core.f32(this.#at.values, this.#layout.size);
    for (const { part, start, length } of this.#layout.slots)
      if (part === 'weight') for (let i = start; i < start + length; i++) values[i] *= share;
  }
}
