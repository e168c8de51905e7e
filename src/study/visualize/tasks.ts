// The `paint` task: some steps of a batch of pictures.
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import { Painter, painterKey } from './painter.js';
import type { Objective, PaintState, PictureOptions } from './types.js';

export const visualizeTasks: Record<string, Task> = { paint };

export interface PaintPayload {
  objective: Objective;
  options: PictureOptions;
  /** Step to stop at. */
  to: number;
  from?: PaintState;
}

async function paint(
  { objective, options, to, from }: PaintPayload,
  context: TaskContext,
): Promise<TaskResult> {
  const { engine, model } = context;
  const painter = context.keep(
    'painter',
    painterKey(objective, options),
    () => new Painter(engine, model, objective, options),
  );
  const value: PaintState = painter.paint(objective, options, to, from);
  const buffers = [...value.pictures.flatMap(({ tensors }) => tensors), ...value.rgb];
  return { value, transfer: buffers.map(({ buffer }) => buffer as ArrayBuffer) };
}
