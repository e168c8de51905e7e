// Timing: outputs compared, everything warmed up, then round by round, every implementation
// in each round, so that a machine that slows down slows all of them down.
import { CurvesaeError } from '../core/errors.js';
import type { Clock, Impl, Row, Timing, Work } from './types.js';

/** Shortest stretch that is timed as one sample, in steps of the clock. */
const STEPS = 100;

export interface MeasureHooks {
  say(text: string): void;
  signal?: AbortSignal;
  /** performance.now() where none is given. */
  clock?: Clock;
}

/** Throws CurvesaeError where outputs differ, and the signal's reason. Disposes the implementations. */
export async function measure(work: Work, timing: Timing, hooks: MeasureHooks): Promise<Row[]> {
  try {
    await compareOutputs(work, hooks);
    const runners = work.impls.map((impl) => new Runner(impl, timing, hooks.clock ?? CLOCK));
    for (const runner of runners) await runner.warmUp(hooks.signal);
    for (let r = 0; r < timing.rounds; r++) for (const runner of runners) await runner.round(hooks.signal);
    const best = runners.map((r) => Math.min(...r.samples));
    const ours =
      best[
        Math.max(
          0,
          work.impls.findIndex(({ impl }) => impl === 'curvesae'),
        )
      ];
    return work.impls.map(({ impl, version, build, threads, batch }, i) => ({
      ...{ work: work.work, impl, version, build, threads, batch },
      bestMs: best[i],
      medianMs: median(runners[i].samples),
      speedOfOurs: best[i] / ours,
    }));
  } finally {
    for (const impl of work.impls) await impl.dispose?.();
  }
}

class Runner {
  /** Milliseconds of one repetition, each the mean over a sample. */
  readonly samples: number[] = [];
  #impl: Impl;
  #timing: Timing;
  #clock: Clock;
  #runs = 0;
  /** Repetitions per sample: enough for the clock. */
  #repeat = 1;

  constructor(impl: Impl, timing: Timing, clock: Clock) {
    this.#impl = impl;
    this.#timing = timing;
    this.#clock = clock;
  }

  async warmUp(signal?: AbortSignal): Promise<void> {
    if (this.#impl.maxRuns !== undefined) return;
    const enough = STEPS * this.#clock.step();
    const end = this.#clock.now() + this.#timing.milliseconds;
    do {
      signal?.throwIfAborted();
      const time = await this.#sample();
      if (time * this.#repeat < enough)
        this.#repeat = Math.max(this.#repeat * 2, Math.ceil(enough / (time || 1)));
    } while (this.#clock.now() < end);
    this.#repeat = Math.max(1, Math.ceil(enough / Math.max(await this.#sample(), 1e-6)));
  }

  async round(signal?: AbortSignal): Promise<void> {
    // The page or the terminal gets its turn between rounds.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const end = this.#clock.now() + this.#timing.milliseconds;
    let least = 2;
    do {
      signal?.throwIfAborted();
      if (this.#runs++ >= (this.#impl.maxRuns ?? Number.POSITIVE_INFINITY)) return;
      this.samples.push(await this.#sample());
    } while (this.#clock.now() < end || --least > 0);
  }

  async #sample(): Promise<number> {
    const start = this.#clock.now();
    for (let i = 0; i < this.#repeat; i++) {
      const result = this.#impl.run();
      if (result instanceof Promise) await result;
    }
    return (this.#clock.now() - start) / this.#repeat;
  }
}

let step: number | undefined;

/** Smallest step of performance.now(): coarse on pages that are not cross-origin isolated. */
function clockStep(): number {
  if (step !== undefined) return step;
  step = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    step = Math.min(step, now - start);
  }
  step = Math.max(step, 0.005);
  return step;
}

const CLOCK: Clock = { now: () => performance.now(), step: clockStep };

async function compareOutputs(work: Work, hooks: MeasureHooks): Promise<void> {
  let first: ArrayLike<number> | undefined;
  for (const impl of work.impls) {
    hooks.signal?.throwIfAborted();
    await impl.run();
    const output = await impl.output?.();
    if (!output) continue;
    first ??= Float64Array.from(output);
    const error = relativeError(output, first);
    if (!(error <= (impl.tolerance ?? work.tolerance)))
      throw new CurvesaeError(
        `${work.work}: outputs of ${impl.impl} (${impl.build}) differ by ${error} of the maximum`,
      );
    if (impl !== work.impls[0] && impl.impl !== 'curvesae')
      hooks.say(`${work.work}: ${impl.impl} (${impl.build}) agrees to ${error.toExponential(1)}`);
  }
}

/** max |a - b| over max |b|; infinite where lengths differ. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let scale = 0;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= error)) error = d; // keeps NaN
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return scale ? error / scale : error;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
