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
  let begun = false;
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
      // A resumed run's rate counts from where it goes on.
      if (!begun && step > 1) progress.start(stage, step - 1);
      begun = true;
      at[i] = step;
      progress.update(
        at.reduce((least, s) => Math.min(least, s), step),
        steps,
        'steps',
        detail,
      );
    },
  };
}
