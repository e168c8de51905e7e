// Slices of batches on any thread: the gradient that a slice's pictures give, and what a network takes pictures for.

import { Rng } from '../../core/random.js';
import { shapeImage } from '../../images/shapes.js';
import type { ImageFailure } from '../../images/types.js';
import { imageInput } from '../../network/ops/image.js';
import { type Labelled, Learner, type SliceGradient } from '../../network/training/batch-gradient.js';
import type { NetworkDescription } from '../../network/types.js';
import type { Task, TaskContext } from '../../vectors/task-context.js';
import type { Example } from './types.js';

/** `key`: of these parameters; a thread that has them keeps its session. */
export interface SlicePayload {
  key: string;
  description: NetworkDescription;
  flat: Float32Array;
  examples: readonly Example[];
}

export interface LearntSlice extends SliceGradient {
  failures: ImageFailure[];
}

/** By picture; -1 where it could not be used. */
export interface GuessedSlice {
  guesses: number[];
  labels: number[];
  losses: number[];
  failures: ImageFailure[];
}

/** A picture is prepared this much larger than the network's input where a part of it is cut out. */
const ROOM = 1.125;

const learnSlice = async (payload: SlicePayload, context: TaskContext) => {
  const learner = learnerOf('network gradients', payload, context, true);
  const { pictures, failures } = await picturesOf(payload, context);
  const slice = learner.learn(pictures.filter((picture) => picture !== undefined));
  return { value: { ...slice, failures } satisfies LearntSlice, transfer: [slice.gradient.buffer] };
};

const guessSlice = async (payload: SlicePayload, context: TaskContext) => {
  const learner = learnerOf('network guesses', payload, context, false);
  const { pictures, failures } = await picturesOf(payload, context);
  const found = pictures.map((picture) => picture && { ...learner.guess(picture), label: picture.class });
  const value: GuessedSlice = {
    guesses: found.map((f) => f?.guess ?? -1),
    labels: found.map((f) => f?.label ?? -1),
    losses: found.map((f) => f?.loss ?? 0),
    failures,
  };
  return { value };
};

function learnerOf(
  slot: string,
  { key, description, flat }: SlicePayload,
  context: TaskContext,
  learns: boolean,
): Learner {
  return context.keep(slot, key, () => new Learner(context.engine, description, flat, learns));
}

async function picturesOf(
  { description, examples }: SlicePayload,
  context: TaskContext,
): Promise<{ pictures: (Labelled | undefined)[]; failures: ImageFailure[] }> {
  const { size } = imageInput(description);
  const pictures: (Labelled | undefined)[] = [];
  const failures: ImageFailure[] = [];
  for (const example of examples) {
    const picture = await pictureOf(example, size, context);
    if ('reason' in picture) failures.push(picture);
    pictures.push('reason' in picture ? undefined : picture);
  }
  return { pictures, failures };
}

async function pictureOf(
  example: Example,
  size: number,
  context: TaskContext,
): Promise<Labelled | ImageFailure> {
  if (example.kind === 'shape') {
    const drawn = shapeImage(context.engine.math, example.seed, example.index, size);
    return { input: Float32Array.from(drawn.image.data), class: example.label ?? drawn.class };
  }
  const { ref, label, view } = example;
  const side = view === undefined ? size : Math.round(ROOM * size);
  const whole = await context.picture(ref, side);
  if (!(whole instanceof Float32Array)) return whole;
  return { input: view === undefined ? whole : cutOut(whole, side, size, new Rng(view)), class: label };
}

/** A part of [side][side][3] as [size][size][3], at a place of chance, and left for right in half of the cases. */
function cutOut(whole: Float32Array, side: number, size: number, rng: Rng): Float32Array {
  const [left, top] = [rng.below(side - size + 1), rng.below(side - size + 1)];
  const isTurned = rng.below(2) === 1;
  const out = new Float32Array(3 * size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const from = 3 * ((y + top) * side + left + (isTurned ? size - 1 - x : x));
      for (let c = 0; c < 3; c++) out[3 * (y * size + x) + c] = whole[from + c];
    }
  return out;
}

export const networkTasks = { learnSlice, guessSlice } satisfies Record<string, Task>;
