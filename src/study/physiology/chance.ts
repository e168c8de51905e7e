// Random directions of a tap, each as rare on photographs as one of its units: what chance answers.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import { Products } from '../../vectors/products.js';
import { CRITERION } from '../curves/detector.js';
import { randomReadOuts, thresholds } from '../curves/nulls.js';
import { type ActivationStatistics, firesOf } from '../curves/statistics.js';
import type { Encoder } from '../curves/tuning.js';

/** Random directions that are asked. */
export const RANDOM_DIRECTIONS = 512;
/** Stream of their draw, away from those of the curve study's controls. */
const DRAW = 5000;
/** Rows of a product. */
const CHUNK = 256;

/** a(x) = max(0, w . x - t) of each; dispose() gives the memory back. */
export class RandomReadOuts implements Encoder {
  readonly features = RANDOM_DIRECTIONS;
  /** 99.9th percentile of each on the photographs. */
  readonly percentile999: Float32Array;
  #core: Core;
  #products: Products;
  #t: Float32Array;

  /** `photographs` [n][d]. Thresholds give the directions the densities of the units that fire, in turn. */
  constructor(engine: Engine, photographs: Float32Array, statistics: ActivationStatistics, seed: number) {
    const d = statistics.density.length;
    const fire = Array.from(statistics.density).filter((_, u) => firesOf(statistics, u) >= CRITERION.fires);
    const densities = Array.from({ length: this.features }, (_, i) =>
      fire.length ? fire[i % fire.length] : RARE,
    );
    const { directions } = randomReadOuts(engine, densities, d, seed, DRAW);
    const core = engine.acquire();
    const limits = [];
    try {
      const natural = new Products(core, photographs, d, CHUNK);
      for (let first = 0; first < this.features; first += CHUNK) {
        const rows = directions.subarray(first * d, (first + CHUNK) * d);
        limits.push(...thresholds(core, natural, rows, densities.slice(first, first + CHUNK)));
      }
    } finally {
      core.dispose();
    }
    this.#t = Float32Array.from(limits, ({ t }) => t);
    this.percentile999 = Float32Array.from(limits, ({ percentile }) => percentile);
    this.#core = engine.acquire();
    this.#products = new Products(this.#core, directions, d, CHUNK);
  }

  /** x [n][d] -> [n][directions] */
  encode(x: Float32Array, n: number): Float32Array {
    const m = this.features;
    const d = x.length / n;
    const out = new Float32Array(n * m);
    for (let first = 0; first < n; first += CHUNK)
      out.set(this.#products.of(x.subarray(first * d, Math.min(n, first + CHUNK) * d)), first * m);
    for (let i = 0; i < out.length; i++) out[i] = Math.max(0, out[i] - this.#t[i % m]);
    return out;
  }

  dispose(): void {
    this.#core.dispose();
  }
}

/** Where no unit fires often enough to take its density. */
const RARE = 0.01;
