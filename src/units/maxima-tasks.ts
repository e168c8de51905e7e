// The `maxima` task: one photograph -> the largest value of every unit and feature, where it
// lies, and the pixels that the network saw.

import type { ImageFailure, ImageRef } from '../images/types.js';
import type { Task, TaskContext, TaskResult } from '../vectors/task-context.js';
import { firingOf, firingOfSae, peaksOf } from './firing.js';
import { type Looked, pictureValues, pixelsOf } from './picture-values.js';

export const maximaTasks: Record<string, Task> = { maxima };

export interface MaximaPayload extends Looked {
  ref: ImageRef;
}

/** Largest value per unit; its position y * W + x. */
export interface Maxima {
  values: Float32Array;
  positions: Int32Array;
}
export type MaximaResult =
  | { failure: ImageFailure }
  | { neurons: Maxima; features?: Maxima; pixels: Uint8Array };

async function maxima({ ref, ...looked }: MaximaPayload, context: TaskContext): Promise<TaskResult> {
  const seen = await pictureValues(ref, looked, context);
  if ('failure' in seen) return { value: seen satisfies MaximaResult };
  const value = {
    neurons: peaksOf(firingOf(seen.x, seen.channels)),
    ...(seen.sae && { features: peaksOf(firingOfSae(seen.sae, seen.read)) }),
    pixels: pixelsOf(seen.picture),
  } satisfies MaximaResult;
  const parts = [value.neurons, ...(value.features ? [value.features] : [])];
  return {
    value,
    transfer: [
      value.pixels.buffer,
      ...parts.flatMap((m) => [m.values.buffer, m.positions.buffer]),
    ] as Transferable[],
  };
}
