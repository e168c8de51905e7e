// What a run says of itself between two points of its log: means over the steps, and how
// often each latent fired. Saved with checkpoints, so that a resumed run has the same log.
import { densityHistogram } from './density.js';
import type { StepLosses } from './step.js';
import type { TrainProgress } from './types.js';

const MEANS = ['loss', 'l0', 'fvu', 'gamma', 'cosine', 'l2Ratio'] as const satisfies (keyof StepLosses)[];

export class Meter {
  /** Steps since the last point, and sums of MEANS over them; vectors on which each latent fired. */
  readonly state: { meter: Float64Array; 'meter.fired': Float64Array };
  #since = Date.now();
  /** Steps of this process since the last point: the rate leaves out what a resumed run did before. */
  #timed = 0;

  constructor(
    readonly batch: number,
    latents: number,
    readonly math: { log(x: number): number },
  ) {
    this.state = { meter: new Float64Array(1 + MEANS.length), 'meter.fired': new Float64Array(latents) };
  }

  /** `fired`: how many vectors of the step's batch each latent fired on. */
  add(losses: StepLosses, fired: ArrayLike<number>): void {
    const { meter, 'meter.fired': sums } = this.state;
    this.#timed++;
    meter[0]++;
    MEANS.forEach((key, i) => {
      meter[1 + i] += losses[key];
    });
    for (let f = 0; f < sums.length; f++) sums[f] += fired[f];
  }

  /** The point of the log, and a new beginning. */
  take(step: number, steps: number, dead: number): TrainProgress {
    const { meter, 'meter.fired': fired } = this.state;
    const n = meter[0];
    const now = Date.now();
    const seconds = Math.max(0.001, (now - this.#since) / 1000);
    const means = Object.fromEntries(MEANS.map((key, i) => [key, meter[1 + i] / n]));
    const { silent, latents } = densityHistogram(fired, n * this.batch, this.math);
    const point = {
      step,
      steps,
      ...(means as Record<(typeof MEANS)[number], number>),
      dead,
      density: { silent, latents },
      vectorsPerSecond: Math.round((this.#timed * this.batch) / seconds),
    };
    meter.fill(0);
    fired.fill(0);
    this.#timed = 0;
    this.#since = now;
    return point;
  }
}
