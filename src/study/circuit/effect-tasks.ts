// Tasks about what a unit does. `effect`: it is taken away wherever it fires on a picture, or added at one place, and the
// network behind it is computed again; so are random directions of the same lengths at the same places, and other units.
// `means`: what a linear form is measured on.
import type { ImageFailure, ImageRef } from '../../images/types.js';
import { LoadedSae } from '../../sae/inference.js';
import type { SaeOfTap } from '../../units/picture-values.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import { type EffectQuestion, type EffectSeen, effectSeen } from './effect.js';

export const effectTasks: Record<string, Task> = { effect, means };

/** A tap that is looked at behind the change: its channels, or features of an SAE of it. */
export interface Later {
  tap: string;
  sae?: SaeOfTap;
  key: string;
}

export interface EffectPayload extends EffectQuestion {
  ref: ImageRef;
  size: number;
  sae?: SaeOfTap;
  key: string;
  later: Later | undefined;
}

export type EffectResult = { failure: ImageFailure } | EffectSeen;

async function effect(payload: EffectPayload, context: TaskContext): Promise<TaskResult> {
  const { ref, size, tap, logits, later } = payload;
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies EffectResult };
  const taps = [...(logits ? [logits] : []), ...(later ? [later.tap] : [])];
  const session = context.session(size, taps, tap);
  session.run(picture);
  const sums =
    later && (() => sumsOf(later, session.tap(later.tap), session.info(later.tap).channels, context));
  return {
    value: effectSeen(session, payload, saeOf('effect', payload, context), sums) satisfies EffectResult,
  };
}

function saeOf(slot: string, { sae, key }: { sae?: SaeOfTap; key: string }, context: TaskContext) {
  return sae && context.keep(slot, key, () => new LoadedSae(context.engine, sae.config, sae.tensors));
}

/** Activations of a later tap, summed over positions. */
function sumsOf(later: Later, x: Float32Array, channels: number, context: TaskContext): Float64Array {
  const sae = saeOf('later', later, context);
  if (sae) {
    const out = new Float64Array(sae.config.dSae);
    sae.visit(x, x.length / sae.config.dIn, (_first, count, { start, index, value }) => {
      for (let i = start[0]; i < start[count]; i++) out[index[i]] += value[i];
    });
    return out;
  }
  const out = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) out[i % channels] += x[i];
  return out;
}

export interface MeansPayload {
  ref: ImageRef;
  size: number;
  taps: string[];
}

/** By tap: mean of each channel over positions. */
export type MeansResult = { failure: ImageFailure } | { means: Float64Array[] };

async function means({ ref, size, taps }: MeansPayload, context: TaskContext): Promise<TaskResult> {
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies MeansResult };
  const session = context.session(size, taps);
  session.run(picture);
  const value = taps.map((tap) => {
    const x = session.tap(tap);
    const { channels } = session.info(tap);
    const out = new Float64Array(channels);
    for (let i = 0; i < x.length; i++) out[i % channels] += (x[i] * channels) / x.length;
    return out;
  });
  return { value: { means: value } satisfies MeansResult };
}
