// The `tuning` task: a slice of orientations, every radius -> the tap's vector at the read unit.

import { drawStimulus, greyToRgb } from '../../images/stimuli.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import type { Placement } from './placement.js';

export const curveTasks: Record<string, Task> = { tuning };

export interface TuningPayload {
  tap: string;
  placement: Placement;
  orientationsDeg: number[];
  radii: number[];
  lineWidth: number;
}

/** Vectors [orientation][radius][channel]. */
export type TuningSlice = Float32Array;

async function tuning(payload: TuningPayload, context: TaskContext): Promise<TaskResult> {
  const { tap, placement, orientationsDeg, radii, lineWidth } = payload;
  const { size, index, apex } = placement;
  const session = context.session(size, [tap]);
  const { channels, width } = session.info(tap);
  const out = new Float32Array(orientationsDeg.length * radii.length * channels);
  const geometry = { size, apexX: apex, apexY: apex, lineWidth };
  let at = 0;
  for (const orientationDeg of orientationsDeg)
    for (const radius of radii) {
      session.run(
        greyToRgb(drawStimulus(context.engine.math, { kind: 'curve', orientationDeg, radius }, geometry)),
      );
      const from = (index * width + index) * channels;
      out.set(session.tap(tap).subarray(from, from + channels), at);
      at += channels;
    }
  return { value: out, transfer: [out.buffer] };
}
