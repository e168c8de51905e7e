// The `extract` task: picture -> network -> sampled vectors of one tap.

import type { ImageFailure, ImageRef } from '../images/types.js';
import type { ExtractPayload, ExtractResult, Rows } from './extract.js';
import { candidatePositions, gather, imageRng, samplePositions, textPositions, tokensOf } from './sample.js';
import type { Task, TaskContext, TaskResult } from './task-context.js';

export const activationTasks: Record<string, Task> = { extract, pooled, taps, tokens };

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

/** What the `taps` task gets and gives: taps of a picture, whole. */
export interface TapsPayload {
  ref: ImageRef;
  taps: string[];
  size: number;
}
export type TapsResult = { failure: ImageFailure } | { taps: Float32Array[] };

export async function tapsOf({ ref, taps, size }: TapsPayload, context: TaskContext): Promise<TapsResult> {
  const picture = await context.picture(ref, size, true);
  if (!(picture instanceof Float32Array)) return { failure: picture };
  const session = context.session(size, taps);
  session.run(picture);
  return { taps: taps.map((tap) => session.tap(tap)) };
}

async function taps(payload: TapsPayload, context: TaskContext): Promise<TaskResult> {
  const value = await tapsOf(payload, context);
  return { value, transfer: 'taps' in value ? value.taps.map((tap) => tap.buffer as ArrayBuffer) : [] };
}

/** What the `tokens` task gets and gives: vectors of a window of text, a row each, and which tokens of it they are of. */
export interface TokensPayload {
  ref: ImageRef;
  /** Number of the window. */
  window: number;
  tap: string;
  /** Tokens of a window. */
  size: number;
  /** Tokens to draw, without replacement; all but the first where it is as many. */
  each: number;
  seed: number;
}
export interface TokensResult {
  /** [each][C] */
  vectors: Float32Array;
  positions: Int32Array;
}

async function tokens(payload: TokensPayload, context: TaskContext): Promise<TaskResult> {
  const { ref, window, tap, size, each, seed } = payload;
  const session = context.session(size, [tap]);
  session.run((await context.picture(ref, size)) as Float32Array);
  const info = session.info(tap);
  const positions = tokensOf(info, window, each, seed);
  const vectors = gather(session.tap(tap), info.channels, positions);
  return {
    value: { vectors, positions } satisfies TokensResult,
    transfer: [vectors.buffer, positions.buffer] as Transferable[],
  };
}

async function extract(payload: ExtractPayload, context: TaskContext): Promise<TaskResult> {
  const { ref, image, recipe, weightsSeed } = payload;
  const size = recipe.inputSize;
  const picture = await context.picture(ref, size, true);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies ExtractResult };
  const session = context.sessionOf(size, recipe.tap, weightsSeed);
  session.run(picture);
  const info = session.info(recipe.tap);
  const values =
    ref.kind === 'tokens' ? undefined : context.lent('values', info.height * info.width * info.channels);
  const activations = session.tap(recipe.tap, values);
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
