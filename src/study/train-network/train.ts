// Training a network: every step is cut into slices of fixed size, which any threads compute and which are summed in their
// order, so that the number of threads changes no bit; checkpoints go on to the same bits.
import type { Engine } from '../../core/engine.js';
import { InputError, NumericError } from '../../core/errors.js';
import type { Pool } from '../../core/pool.js';
import { turns } from '../../core/turns.js';
import { parseJsonObject } from '../../formats/json.js';
import { bytesOf } from '../../formats/pieces.js';
import { openState, type RunIdentity, writeState } from '../../formats/state-file.js';
import type { Storage } from '../../formats/storage.js';
import type { ImageFailure } from '../../images/types.js';
import { addSlice } from '../../network/training/batch-gradient.js';
import { flatLayout, flattened } from '../../network/training/flat.js';
import { untrained } from '../../network/training/initial.js';
import { Optimiser, rateAt } from '../../network/training/optimiser.js';
import type { NetworkDescription } from '../../network/types.js';
import { score } from './score.js';
import type { LearntSlice, SlicePayload } from './tasks.js';
import type { HeldOutScore, NetworkData, NetworkOptions, NetworkPoint } from './types.js';

export const NETWORK_CHECKPOINT = 'checkpoint.safetensors';
const FILE = { name: NETWORK_CHECKPOINT, format: 'curvesae-network-1' };

/** Pictures of a slice: part of what a run is, as sums are made within slices first. */
export const SLICE = 8;
/** Steps of a point of the log, and points from one look at held-out pictures to the next. */
const LOG_EVERY = 25;
const LOOK_EVERY = 4;
/** Held-out pictures that such a look takes, evenly from all. */
const LOOK = 216;

export interface NetworkTraining {
  engine: Engine;
  pool: Pool;
  description: NetworkDescription;
  data: NetworkData;
  options: NetworkOptions;
  /** Where checkpoints go. */
  storage: Storage;
  identity: RunIdentity;
  checkpointEvery: number;
  signal?: AbortSignal;
  onStep?(step: number): void;
  onPoint?(point: NetworkPoint): void;
  /** A picture that could not be used, each time that it was met. */
  onFailure?(failure: ImageFailure): void;
}

export interface NetworkTrained {
  /** All parameters (network/training/flat.ts). */
  flat: Float32Array<ArrayBuffer>;
  log: NetworkPoint[];
  heldOut: HeldOutScore;
  /** Over all parts of an interrupted run. */
  seconds: number;
}

/** What a checkpoint knows besides the optimiser's arrays. */
interface State {
  step: number;
  seconds: number;
  log: NetworkPoint[];
  sums: Sums;
}

/** Since the last point of the log. */
interface Sums {
  loss: number;
  right: number;
  count: number;
}

const NOTHING: Sums = { loss: 0, right: 0, count: 0 };

/** The signal's reason after a checkpoint was written. NumericError: it diverged. InputError: a step without a picture. */
export async function trainNetwork(training: NetworkTraining): Promise<NetworkTrained> {
  const { engine, description, data, options, signal } = training;
  const layout = flatLayout(description);
  const start = flattened(layout, untrained(engine.math, description, options.seed).parameters);
  const optimiser = new Optimiser(engine, layout, options, start);
  const started = performance.now();
  try {
    const state = (await restored(training, optimiser)) ?? { step: 0, seconds: 0, log: [], sums: NOTHING };
    const before = state.seconds;
    const seconds = (): number => before + (performance.now() - started) / 1000;
    const look = evenly(data.heldOut.length, LOOK).map((i) => data.heldOut[i]);
    const turn = turns();
    while (state.step < options.steps) {
      await turn();
      if (signal?.aborted) {
        await save(training, optimiser, { ...state, seconds: seconds() });
        signal.throwIfAborted();
      }
      const sum = await stepOf(training, optimiser);
      state.step = optimiser.step;
      state.sums = added(state.sums, sum);
      training.onStep?.(state.step);
      const isLast = state.step === options.steps;
      if (isLast || state.step % LOG_EVERY === 0) {
        const isLook = isLast || state.step % (LOG_EVERY * LOOK_EVERY) === 0;
        const point = await pointOf(training, optimiser, state.sums, isLook ? look : []);
        state.log.push(point);
        state.sums = NOTHING;
        training.onPoint?.(point);
      }
      if (!isLast && state.step % training.checkpointEvery === 0)
        await save(training, optimiser, { ...state, seconds: seconds() });
    }
    const flat = optimiser.values;
    const heldOut = await score(guessing(training, flat, 'end'), data.heldOut);
    return { flat, log: state.log, heldOut, seconds: seconds() };
  } finally {
    optimiser.dispose();
  }
}

async function stepOf(training: NetworkTraining, optimiser: Optimiser): Promise<Sums> {
  const { pool, description, data, options, onFailure } = training;
  const first = optimiser.step * options.batch;
  const examples = Array.from({ length: options.batch }, (_, i) => data.example(first + i));
  const slices = Array.from({ length: Math.ceil(examples.length / SLICE) }, (_, i) =>
    examples.slice(i * SLICE, (i + 1) * SLICE),
  );
  const flat = optimiser.values;
  const key = `${training.identity.configHash}:${optimiser.step}`;
  let sum: LearntSlice | undefined;
  await pool.mapOrdered<(typeof slices)[number], LearntSlice>(
    slices,
    (slice) => ({
      name: 'learnSlice',
      payload: { key, description, flat, examples: slice } satisfies SlicePayload,
    }),
    (slice) => {
      for (const failure of slice.failures) onFailure?.(failure);
      if (sum) addSlice(sum, slice);
      else sum = slice;
    },
    { ahead: slices.length },
  );
  const { gradient, loss, right, count } = sum!;
  if (!count)
    throw new InputError(`none of the ${options.batch} pictures of step ${optimiser.step + 1} could be used`);
  if (!Number.isFinite(loss) || gradient.some((g) => !Number.isFinite(g)))
    throw new NumericError(
      `training diverged at step ${optimiser.step + 1} (loss ${loss / count}); use a smaller learning rate than ${options.lr}`,
    );
  optimiser.take(gradient, count);
  return { loss, right, count };
}

const added = (a: Sums, b: Sums): Sums => ({
  loss: a.loss + b.loss,
  right: a.right + b.right,
  count: a.count + b.count,
});

async function pointOf(
  training: NetworkTraining,
  optimiser: Optimiser,
  { loss, right, count }: Sums,
  look: NetworkData['heldOut'],
): Promise<NetworkPoint> {
  const { engine, options } = training;
  const { step } = optimiser;
  const found = look.length
    ? await score(guessing(training, optimiser.values, String(step)), look)
    : undefined;
  return {
    ...{ step, loss: loss / count, accuracy: right / count },
    lr: rateAt(engine.math, options, step),
    heldOut: found ? { loss: found.loss, accuracy: found.accuracy } : null,
  };
}

const guessing = (training: NetworkTraining, flat: Float32Array, key: string) => ({
  ...{ pool: training.pool, description: training.description, flat },
  ...{ key: `${training.identity.configHash}:${key}`, classes: training.data.classes },
  onFailure: training.onFailure,
});

/** `most` of n indices, evenly; all where there are no more. */
const evenly = (n: number, most: number): number[] =>
  Array.from({ length: Math.min(n, most) }, (_, i) => (n <= most ? i : Math.floor((i * n) / most)));

async function save(
  { storage, identity }: NetworkTraining,
  optimiser: Optimiser,
  state: State,
): Promise<void> {
  const tensors = Object.fromEntries(
    Object.entries(optimiser.state).map(([name, data]) => [name, { shape: [data.length], data }]),
  );
  await writeState(storage, FILE, tensors, JSON.stringify(state), identity);
}

/** Fills the optimiser; undefined where there is no checkpoint. */
async function restored(
  { storage, identity }: NetworkTraining,
  optimiser: Optimiser,
): Promise<State | undefined> {
  const opened = await openState(storage, FILE, identity);
  if (!opened) return undefined;
  for (const [name, into] of Object.entries(optimiser.state)) await opened.fill(name, 'F32', bytesOf(into));
  const label = `${storage.label}/${NETWORK_CHECKPOINT}: its state`;
  const state = parseJsonObject(new TextEncoder().encode(opened.state), label) as unknown as State;
  if (!Number.isSafeInteger(state.step) || !Array.isArray(state.log))
    throw new InputError(`${label} lacks step or log`);
  optimiser.step = state.step;
  return state;
}
