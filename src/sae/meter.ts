// What a run says of itself between two points of its log: sums over the steps, and how
// often each latent fired. Saved with checkpoints, so that a resumed run has the same log.
import { densityHistogram } from './density.js';
import type { StepLosses } from './step.js';
import { measures, SUMS, type Sums } from './sums.js';
import type { TrainProgress } from './types.js';

export class Meter {
  /** Steps since the last point, their losses, their SUMS; vectors on which each latent fired. */
  readonly state: { meter: Float64Array; 'meter.fired': Float64Array };
  #since = performance.now();
  /** Steps of this process since the last point: the rate leaves out what a resumed run did before. */
  #timed = 0;

  constructor(
    readonly batch: number,
    latents: number,
    readonly math: { log(x: number): number },
  ) {
    this.state = { meter: new Float64Array(2 + SUMS.length), 'meter.fired': new Float64Array(latents) };
  }

  /** `fired`: how many vectors of the step's batch each latent fired on. */
  add(losses: StepLosses, fired: ArrayLike<number>): void {
    const { meter, 'meter.fired': sums } = this.state;
    this.#timed++;
    meter[0]++;
    meter[1] += losses.loss;
    SUMS.forEach((key, i) => {
      meter[2 + i] += losses.sums[key];
    });
    for (let f = 0; f < sums.length; f++) sums[f] += fired[f];
  }

  /** Mean ||x - xhat||^2 since the last point. */
  get meanSquared(): number {
    const { meter } = this.state;
    return meter[2 + SUMS.indexOf('squared')] / (meter[0] * this.batch);
  }

  /** The point of the log, and a new beginning. */
  take(step: number, steps: number, dead: number): TrainProgress {
    const { meter, 'meter.fired': fired } = this.state;
    const n = meter[0];
    const now = performance.now();
    const seconds = Math.max(0.001, (now - this.#since) / 1000);
    const sums = Object.fromEntries(SUMS.map((key, i) => [key, meter[2 + i]])) as unknown as Sums;
    const { silent, latents } = densityHistogram(fired, n * this.batch, this.math);
    const point = {
      step,
      steps,
      loss: meter[1] / n,
      ...measures(sums),
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
