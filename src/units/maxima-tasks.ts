// The `maxima` task: one photograph -> the largest value of every unit and feature, where it
// lies, and the pixels that the network saw.

import type { ImageFailure, ImageRef } from '../images/types.js';
import { LoadedSae } from '../sae/inference.js';
import type { SaeConfig, SaeTensors } from '../sae/types.js';
import type { Task, TaskContext, TaskResult } from '../vectors/task-context.js';

export const maximaTasks: Record<string, Task> = { maxima };

export interface MaximaPayload {
  ref: ImageRef;
  tap: string;
  size: number;
  sae?: { config: SaeConfig; tensors: SaeTensors };
  /** Identity of `sae`: a thread loads it once. */
  key: string;
}

/** Largest value per unit; its position y * W + x. */
export interface Maxima {
  values: Float32Array;
  positions: Int32Array;
}
export type MaximaResult =
  | { failure: ImageFailure }
  | { neurons: Maxima; features?: Maxima; pixels: Uint8Array };

async function maxima(
  { ref, tap, size, sae, key }: MaximaPayload,
  context: TaskContext,
): Promise<TaskResult> {
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies MaximaResult };
  const session = context.session(size, [tap]);
  session.run(picture);
  const x = session.tap(tap);
  const { channels } = session.info(tap);
  const loaded =
    sae && context.keep('maxima', key, () => new LoadedSae(context.engine, sae.config, sae.tensors));
  const value = {
    neurons: denseMaxima(x, channels),
    ...(loaded && { features: saeMaxima(loaded, x, x.length / channels) }),
    pixels: Uint8Array.from(picture, (v) => Math.min(255, Math.max(0, Math.round(v)))),
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

/** x [n][C]; the first of equal values. */
export function denseMaxima(x: Float32Array, channels: number): Maxima {
  const values = new Float32Array(channels);
  const positions = new Int32Array(channels);
  for (let i = 0; i < x.length; i++) {
    const c = i % channels;
    if (!(x[i] > values[c])) continue;
    values[c] = x[i];
    positions[c] = (i - c) / channels;
  }
  return { values, positions };
}

export function saeMaxima(sae: LoadedSae, x: Float32Array, n: number): Maxima {
  const values = new Float32Array(sae.config.dSae);
  const positions = new Int32Array(sae.config.dSae);
  sae.visit(x, n, (first, count, lists) => {
    for (let s = 0; s < count; s++)
      for (let i = lists.start[s]; i < lists.start[s + 1]; i++) {
        const f = lists.index[i];
        if (!(lists.value[i] > values[f])) continue;
        values[f] = lists.value[i];
        positions[f] = first + s;
      }
  });
  return { values, positions };
}
