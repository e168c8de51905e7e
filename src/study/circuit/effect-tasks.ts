// Tasks about what a unit does. `effect`: it is taken away wherever it fires on a picture, or added at one place, and the
// network behind it is computed again; so are random directions of the same lengths at the same places, and other units.
// `means`: what a linear form is measured on.
import type { ImageFailure, ImageRef } from '../../images/types.js';
import { LoadedSae } from '../../sae/inference.js';
import { statistics } from '../../sae/normalization.js';
import { changed } from '../../units/interventions/intervene.js';
import type { SaeOfTap } from '../../units/picture-values.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';

export const effectTasks: Record<string, Task> = { effect, means };

/** A tap that is looked at behind the change: its channels, or features of an SAE of it. */
export interface Later {
  tap: string;
  sae?: SaeOfTap;
  key: string;
}

export interface EffectPayload {
  ref: ImageRef;
  size: number;
  tap: string;
  /** The unit: a channel of the tap, or a feature of the SAE. */
  index: number;
  sae?: SaeOfTap;
  key: string;
  /** Of length 1, [1 + random + others][channels]: the unit's own direction first, those of other units last. */
  directions: Float32Array;
  /** The other units. */
  others: readonly number[];
  /** Added at a position; taken away where it fires unless given. `amount`: length along the direction. */
  add?: { position: number; amount: number };
  logits: string | undefined;
  later: Later | undefined;
}

export type EffectResult =
  | { failure: ImageFailure }
  | {
      /** What the unit adds on the picture, in lengths summed over positions; the same of the others. */
      amount: number;
      amounts: Float64Array;
      /** [directions][classes], about their mean over classes, which no probability depends on. */
      logits: Float64Array | undefined;
      /** Sums over positions: as they are, [units]; how they change, [directions][units]. */
      later: { whole: Float64Array; changes: Float64Array } | undefined;
    };

async function effect(payload: EffectPayload, context: TaskContext): Promise<TaskResult> {
  const { ref, size, tap, index, directions, others, add, logits, later } = payload;
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { value: { failure: picture } satisfies EffectResult };
  const taps = [...(logits ? [logits] : []), ...(later ? [later.tap] : [])];
  const session = context.session(size, taps, tap);
  session.run(picture);
  const x = session.tap(tap);
  const { channels } = session.info(tap);
  const own = saeOf('effect', payload, context);
  // Lengths of what units add, by position: of the unit, of the others.
  const units = [index, ...others];
  const lengths = own
    ? featureLengths(own, x, units)
    : units.map((unit) => x.filter((_, i) => i % channels === unit));
  const sums = (): Float64Array | undefined =>
    later && sumsOf(later, session.tap(later.tap), session.info(later.tap).channels, context);
  const [logits0, later0] = [logits ? session.tap(logits) : undefined, sums()];
  const n = directions.length / channels;
  const logitChanges = logits0 && new Float64Array(n * logits0.length);
  const laterChanges = later0 && new Float64Array(n * later0.length);
  for (let d = 0; d < n; d++) {
    // Another unit is taken away where it fires itself: elsewhere it would become negative, which pools hide.
    const taken = lengths[Math.max(0, d - (n - others.length) + 1)];
    const direction = directions.subarray(d * channels, (d + 1) * channels);
    session.runSpliced(
      add
        ? changed(x, channels, { kind: 'add', direction, amount: add.amount, positions: [add.position] })
        : x.map((v, i) => v - taken[Math.floor(i / channels)] * direction[i % channels]),
    );
    if (logits0) logitChanges!.set(centredDifference(session.tap(logits!), logits0), d * logits0.length);
    const after = sums();
    if (later0)
      laterChanges!.set(
        after!.map((v, i) => v - later0[i]),
        d * later0.length,
      );
  }
  const [amount, ...amounts] = lengths.map((of) => of.reduce((sum, v) => sum + v, 0));
  const value = {
    amount,
    amounts: Float64Array.from(amounts),
    logits: logitChanges,
    later: later0 && { whole: later0, changes: laterChanges! },
  } satisfies EffectResult;
  return { value };
}

function saeOf(slot: string, { sae, key }: { sae?: SaeOfTap; key: string }, context: TaskContext) {
  return sae && context.keep(slot, key, () => new LoadedSae(context.engine, sae.config, sae.tensors));
}

/** a_f ||W_dec[f]|| of every position, in the units of x, of each of `features`. */
function featureLengths(sae: LoadedSae, x: Float32Array, features: readonly number[]): Float32Array[] {
  const { dIn, normalizeActivations: norm } = sae.config;
  const norms = features.map((f) => {
    let square = 0;
    for (const v of sae.tensors.W_dec.data.subarray(f * dIn, (f + 1) * dIn)) square += v * v;
    return Math.sqrt(square);
  });
  const positions = x.length / dIn;
  const out = features.map(() => new Float32Array(positions));
  sae.visit(x, positions, (first, count, { start, index, value }) => {
    for (let s = 0; s < count; s++)
      for (let i = start[s]; i < start[s + 1]; i++) {
        const at = features.indexOf(index[i]);
        if (at >= 0) out[at][first + s] = value[i] * norms[at];
      }
  });
  if (norm)
    for (let i = 0; i < positions; i++) {
      const { scale } = statistics(norm, x.subarray(i * dIn, (i + 1) * dIn));
      for (const lengths of out) lengths[i] *= scale;
    }
  return out;
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

function centredDifference(a: Float32Array, b: Float32Array): Float64Array {
  const out = Float64Array.from(a, (v, i) => v - b[i]);
  const mean = out.reduce((sum, v) => sum + v, 0) / out.length;
  return out.map((v) => v - mean);
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
