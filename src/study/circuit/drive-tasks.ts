// Tasks about what drives a unit. `attribute`: gradient times activation at an earlier tap, of one place of one picture.
// `take`: some of the drivers taken away one by one, beside what attribution and expanded weights say of them.
import type { ImageFailure, ImageRef } from '../../images/types.js';
import { createSession } from '../../network/session.js';
import type { Session } from '../../network/types.js';
import { LoadedSae } from '../../sae/inference.js';
import { Axes } from '../../units/interventions/axes.js';
import type { Basis, Coded } from '../../units/interventions/basis.js';
import { Directions } from '../../units/interventions/directions.js';
import { Features } from '../../units/interventions/features.js';
import type { SaeOfTap } from '../../units/picture-values.js';
import type { Task, TaskContext, TaskResult } from '../../vectors/task-context.js';
import { termAt } from '../visualize/objective.js';
import type { Term } from '../visualize/types.js';
import { windowBetween } from './path.js';

export const driveTasks: Record<string, Task> = { attribute, take };

interface Driven {
  ref: ImageRef;
  /** Side of the picture. */
  size: number;
  /** The tap of the drivers. */
  from: string;
  /** What is read of the unit. */
  term: Omit<Term, 'weight' | 'where'>;
  /** Of the term's tap. */
  position: number;
  /** The drivers are the features of this SAE; the tap's channels unless given. */
  sae?: SaeOfTap;
  /** Identity of `sae`. */
  key: string;
}

export interface AttributePayload extends Driven {
  /** Random directions of length 1, [n][channels of `from`], which are asked the same. */
  directions: Float32Array;
}

export type AttributeResult =
  | { failure: ImageFailure }
  | {
      /** Of the unit. */
      value: number;
      /** By driver: what it adds, to first order. */
      drivers: Float64Array;
      directions: Float64Array;
    };

export interface TakePayload extends Driven {
  drivers: Int32Array;
  /** The unit's expanded weights, [side][side][channels of `from`]. */
  weights: Float32Array;
}

export type TakeResult =
  | { failure: ImageFailure }
  | {
      /** By driver: how much the unit loses without it; what gradient times activation and the expanded weights say that it loses. */
      lost: Float64Array;
      attributed: Float64Array;
      weighed: Float64Array;
      /** Where: gradient times activation, [drivers][side][side]. */
      patches: Float32Array;
    };

async function attribute(payload: AttributePayload, context: TaskContext): Promise<TaskResult> {
  const seen = await seenBy(payload, context);
  if ('failure' in seen) return { value: seen satisfies AttributeResult };
  const { x, gradient, value, channels } = seen;
  const axes = new Directions(context.engine, payload.directions, channels);
  try {
    const result = {
      value,
      drivers: addedBy(seen.basis, x, gradient),
      directions: addedBy(axes, x, gradient),
    };
    return { value: result satisfies AttributeResult };
  } finally {
    axes.dispose();
  }
}

/** What each coordinate of x adds: what is lost, to first order, where it becomes 0. */
function addedBy<C extends Coded>(basis: Basis<C>, x: Float32Array, gradient: Float32Array): Float64Array {
  const code = basis.code(x);
  const into = new Float64Array(basis.size);
  basis.between([code], [basis.zero(code)]).addMaskGradient(gradient, into);
  return into.map((v) => 0 - v);
}

async function take(payload: TakePayload, context: TaskContext): Promise<TaskResult> {
  const seen = await seenBy(payload, context);
  if ('failure' in seen) return { value: seen satisfies TakeResult };
  const { x, gradient, value, channels, session, basis } = seen;
  const { drivers, weights, from, term, position } = payload;
  const [begin, end] = [session.info(from), session.info(term.tap)];
  const { side, corner } = windowBetween(begin, end);
  const { row, column } = corner(position);
  const out = {
    lost: new Float64Array(drivers.length),
    attributed: new Float64Array(drivers.length),
    weighed: new Float64Array(drivers.length),
    patches: new Float32Array(drivers.length * side * side),
  };
  const code: Coded = basis.code(x);
  const without = basis.between([code], [basis.zero(code)]);
  const mask = new Float32Array(basis.size);
  for (const [i, driver] of drivers.entries()) {
    mask[driver] = 1;
    const rest = without.patched(mask);
    mask[driver] = 0;
    for (let q = 0; q < x.length / channels; q++) {
      const [y, z] = [Math.floor(q / begin.width) - row, (q % begin.width) - column];
      const inside = y >= 0 && z >= 0 && y < side && z < side;
      let [added, weighed] = [0, 0];
      for (let c = 0; c < channels; c++) {
        const taken = x[q * channels + c] - rest[q * channels + c];
        added += gradient[q * channels + c] * taken;
        if (inside) weighed += weights[(y * side + z) * channels + c] * taken;
      }
      out.attributed[i] += added;
      out.weighed[i] += weighed;
      if (inside) out.patches[i * side * side + y * side + z] = added;
    }
    session.runSpliced(rest);
    out.lost[i] = value - termAt(term, session.tap(term.tap), end.channels, position, 0);
  }
  return { value: out satisfies TakeResult, transfer: [out.patches.buffer] };
}

/** One picture: the earlier tap, the unit there, and its gradient. */
interface Seen {
  session: Session;
  x: Float32Array;
  channels: number;
  value: number;
  gradient: Float32Array;
  basis: Basis;
}

async function seenBy(
  { ref, size, from, term, position, sae, key }: Driven,
  context: TaskContext,
): Promise<Seen | { failure: ImageFailure }> {
  const picture = await context.picture(ref, size);
  if (!(picture instanceof Float32Array)) return { failure: picture };
  const { tap } = term;
  const session = context.keep('driven', `${size}:${from}:${tap}`, () =>
    createSession(context.engine, context.model, {
      ...{ height: size, width: size, taps: [tap, from], splice: from },
      backward: { from: [tap], to: [from] },
    }),
  );
  session.run(picture);
  const [x, { channels }, { channels: wide }] = [session.tap(from), session.info(from), session.info(tap)];
  const values = session.tap(tap);
  const start = new Float32Array(values.length);
  const value = termAt(term, values, wide, position, 1, start);
  const gradient = session.backward({ [tap]: start })[from];
  const { basis } = context.keep('drivers', `${key}:${channels}`, () => basisOf(sae, channels, context));
  return { session, x, channels, value, gradient, basis };
}

function basisOf(sae: SaeOfTap | undefined, channels: number, { engine }: TaskContext) {
  if (!sae) return { basis: new Axes(channels) as Basis, dispose() {} };
  const loaded = new LoadedSae(engine, sae.config, sae.tensors);
  const basis = new Features(engine, loaded, true);
  return {
    basis: basis as Basis<Coded> as Basis,
    dispose() {
      basis.dispose();
      loaded.dispose();
    },
  };
}
