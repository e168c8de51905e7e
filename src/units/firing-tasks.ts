// The `firing` task: one picture -> where every neuron and feature fires, and where it nearly does.
import type { ImageFailure, ImageRef } from '../images/types.js';
import { PreActivations } from '../sae/pre-activations.js';
import type { Task, TaskContext, TaskResult } from '../vectors/task-context.js';
import { type Firing, firingOf, firingOfSae } from './firing.js';
import { type NearMisses, nearMisses, noNearMisses } from './near-misses.js';
import { type Looked, pictureValues, pixelsOf } from './picture-values.js';

export const firingTasks: Record<string, Task> = { firing };

export interface FiringPayload extends Looked {
  ref: ImageRef;
  /** The tap of the neurons' values before their ReLU, where near misses of neurons are looked for. */
  before?: string;
  /** Whether near misses of features are. */
  near: boolean;
  /** The picture's pixels are given back. */
  pixels?: boolean;
}

export interface Fired {
  firing: Firing;
  near?: NearMisses;
}

export type FiringResult =
  | { failure: ImageFailure }
  | {
      neurons: Fired;
      features?: Fired;
      /** [size][size][3] */
      pixels?: Uint8Array;
    };

async function firing(
  { ref, before, near, pixels, ...looked }: FiringPayload,
  context: TaskContext,
): Promise<TaskResult> {
  const seen = await pictureValues(ref, looked, context, before === undefined ? [] : [before]);
  if ('failure' in seen) return { value: seen satisfies FiringResult };
  const { session, x, channels, sae, read } = seen;
  const grid = session.info(looked.tap);
  const neurons: Fired = { firing: firingOf(x, channels) };
  if (before !== undefined) {
    neurons.near = noNearMisses(channels);
    nearMisses(session.tap(before), grid, neurons.firing, neurons.near);
  }
  let features: Fired | undefined;
  if (sae) {
    const fired: Fired = { firing: firingOfSae(sae, read) };
    features = fired;
    if (near) {
      const { config, tensors } = sae;
      const all = context.keep(
        'pre-activations',
        looked.key,
        () => new PreActivations(context.engine, config, tensors),
      );
      const found = noNearMisses(config.dSae);
      fired.near = found;
      all.visit(read, (first, count, pre) => nearMisses(pre, grid, fired.firing, found, first, count));
    }
  }
  const seenPixels = pixels ? pixelsOf(seen.picture) : undefined;
  const value = {
    neurons,
    ...(features && { features }),
    ...(seenPixels && { pixels: seenPixels }),
  } satisfies FiringResult;
  const transfer = [neurons, features].flatMap((fired) => (fired ? buffersOf(fired) : []));
  return { value, transfer: seenPixels ? [...transfer, seenPixels.buffer] : transfer };
}

const buffersOf = ({ firing, near }: Fired): Transferable[] =>
  [firing.start, firing.position, firing.value, ...(near ? [near.values, near.positions] : [])].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
