// Task of the physiology: drawings -> the tap's vector at the read unit.
import { type Drawing, draw } from '../../images/drawings.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import type { Placement } from '../curves/placement.js';

export const physiologyTasks: Record<string, Task> = { drawings };

export interface DrawingsPayload {
  tap: string;
  placement: Placement;
  drawings: readonly Drawing[];
}

/** Vectors [drawing][channel]. */
async function drawings(
  { tap, placement, drawings }: DrawingsPayload,
  context: TaskContext,
): Promise<TaskResult> {
  const { size, index, apex } = placement;
  const { math } = context.engine;
  const session = context.session(size, [tap]);
  const { channels, width } = session.info(tap);
  const out = new Float32Array(drawings.length * channels);
  const from = (index * width + index) * channels;
  drawings.forEach((drawing, i) => {
    session.run(draw(math, drawing, { size, middle: apex }));
    out.set(session.tap(tap).subarray(from, from + channels), i * channels);
  });
  return { value: out, transfer: [out.buffer] };
}
