// What long work says while it goes on.
import type { TrainProgress } from '../sae/types.js';

/** Who is told: a stage begins, moves, ends. */
export interface StageProgress {
  /** `first`: units that were done before. */
  start(stage: string, first?: number): void;
  update(done: number, total: number, unit: string, detail?: string): void;
  finish(summary: string): void;
  warn?(message: string): void;
}

/** Loss, L0, FVU and dead latents of a point of the log. */
export const trainingText = (p: Pick<TrainProgress, 'loss' | 'l0' | 'fvu' | 'dead'>): string =>
  `loss ${p.loss.toPrecision(4)}, L0 ${p.l0.toFixed(1)}, FVU ${p.fvu.toFixed(4)}, ${p.dead} dead`;

export const failedText = (failed: number): string => (failed ? `${failed} failed` : '');

/** Hooks that show training as it goes: every step, with what the last point of a log said. */
export function showTraining(progress: StageProgress, stage: string) {
  let detail = '';
  /** Steps that were done before. */
  let from = Number.POSITIVE_INFINITY;
  /** Steps of each SAE: those on other threads go on at their own pace. */
  const at: number[] = [];
  return {
    /** `name`: of the SAE, where several are trained side by side. */
    onProgress: (point: TrainProgress, name?: string) => {
      detail = name === undefined ? trainingText(point) : `${name}: ${trainingText(point)}`;
    },
    onWarning: (message: string, name?: string) =>
      progress.warn?.(name === undefined ? message : `${name}: ${message}`),
    /** `i`: of the SAE. What all of them have done is shown. */
    onStep: (step: number, steps: number, i = 0) => {
      at[i] = step;
      const least = at.reduce((low, s) => Math.min(low, s), step);
      // A resumed run's rate counts from where it goes on: that of several, from where the one that is behind does.
      const fresh = from === Number.POSITIVE_INFINITY && least === 1;
      if (least - 1 < from && !fresh) progress.start(stage, least - 1);
      from = Math.min(from, least - 1);
      progress.update(least, steps, 'steps', detail);
    },
  };
}
