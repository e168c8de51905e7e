// The `extract` task: picture -> network -> sampled vectors of one tap.

import type { ImageFailure, ImageRef } from '../images/types.js';
import type { ExtractPayload, ExtractResult, Rows } from './extract.js';
import { candidatePositions, gather, imageRng, samplePositions, textPositions } from './sample.js';
import type { Task, TaskContext, TaskResult } from './task-context.js';

export const activationTasks: Record<string, Task> = { extract, pooled };

/** What the `pooled` task gets and gives: one vector of a picture, the mean of a tap over its positions. */
export interface PooledPayload {
  ref: ImageRef;
  tap: string;
  size: number;
}
export type PooledResult = { failure: ImageFailure } | { vector: Float32Array };

async function pooled({ ref, tap, size }: PooledPayload, context: TaskContext): Promise<TaskResult> {
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies PooledResult };
  const session = context.session(size, [tap]);
  session.run(picture);
  const values = session.tap(tap);
  const { channels } = session.info(tap);
  const sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sums[i % channels] += values[i];
  const positions = values.length / channels;
  const vector = Float32Array.from(sums, (sum) => sum / positions);
  return { value: { vector } satisfies PooledResult, transfer: [vector.buffer] };
}

async function extract(payload: ExtractPayload, context: TaskContext): Promise<TaskResult> {
  const { ref, image, recipe, weightsSeed } = payload;
  const size = recipe.inputSize;
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies ExtractResult };
  const session = context.sessionOf(size, recipe.tap, weightsSeed);
  session.run(picture);
  const info = session.info(recipe.tap);
  const activations = session.tap(recipe.tap);
  const rows = (
    rule: 'uniform' | 'norm',
    count: number,
    rng: ReturnType<typeof imageRng>,
    border: boolean,
  ): Rows => {
    const candidates = ref.kind === 'tokens' ? textPositions(info) : candidatePositions(info, size, border);
    const positions = samplePositions(rule, activations, info.channels, candidates, count, rng);
    return { activations: gather(activations, info.channels, positions), positions };
  };
  const value: ExtractResult = {
    sample: rows(
      recipe.sample,
      recipe.perImage,
      imageRng(recipe.seed, image, 'training'),
      recipe.excludeBorder,
    ),
    reference: rows(
      'uniform',
      recipe.reference,
      imageRng(recipe.seed, image, 'reference'),
      recipe.excludeBorder,
    ),
  };
  const transfer = [value.sample, value.reference].flatMap((r) => [
    r.activations.buffer,
    r.positions.buffer,
  ]) as Transferable[];
  return { value, transfer };
}
