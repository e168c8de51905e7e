// What pictures make of a network, one after the other: computed by all threads where they are many.
import type { ImageFailure, ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import type { Model } from '../network/types.js';
import { TaskContext } from '../vectors/task-context.js';
import { type TapsPayload, type TapsResult, tapsOf } from '../vectors/tasks.js';
import { type Call, noneUsable } from './call.js';
import type { Platform } from './platform.js';

/** Fewer are done on this thread before others have started and packed the weights. */
const MANY = 12;

export interface PicturesThrough {
  /** Name of the stage that is shown. */
  stage: string;
  model: Model;
  taps: string[];
  images: readonly ImageRef[];
}

/**
 * Calls `use` with the taps of every picture, in order. Pictures that cannot be used are skipped and told. InputError where
 * none could be.
 */
export async function eachPicture(
  platform: Platform,
  call: Call,
  { stage, model, taps, images }: PicturesThrough,
  use: (taps: Float32Array[], ref: ImageRef) => void,
): Promise<ImageFailure[]> {
  const { stages } = call;
  const failures: ImageFailure[] = [];
  stages.start(stage);
  let done = 0;
  for await (const result of results(platform, call, model, taps, images)) {
    if ('failure' in result) {
      failures.push(result.failure);
      call.skipped(result.failure);
    } else use(result.taps, images[done]);
    stages.update(++done, images.length, 'images');
  }
  if (failures.length === images.length) throw noneUsable(images.length, failures);
  return failures;
}

async function* results(
  platform: Platform,
  { engine, signal, warn }: Call,
  model: Model,
  taps: string[],
  images: readonly ImageRef[],
): AsyncGenerator<TapsResult> {
  const { size } = imageInput(model.description);
  const payload = (ref: ImageRef): TapsPayload => ({ ref, taps, size });
  if (images.length >= MANY) {
    const pool = await platform.pool(engine, model, warn);
    try {
      yield* pool.ordered<ImageRef, TapsResult>(images, (ref) => ({ name: 'taps', payload: payload(ref) }), {
        signal,
      });
    } finally {
      pool.dispose();
    }
    return;
  }
  const context = new TaskContext(engine, model, (ref, { math }) => platform.loadImage(ref, math, size));
  try {
    for (const ref of images) {
      signal?.throwIfAborted();
      yield await tapsOf(payload(ref), context);
    }
  } finally {
    context.dispose();
  }
}
