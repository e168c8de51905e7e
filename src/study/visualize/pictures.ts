// Pictures of many objectives over a pool of workers. A batch is painted in legs, so that it can be shown as it
// grows, stopped, and gone on with; the legs change no bit, and neither does the number of workers.
import type { Pool } from '../../core/pool.js';
import { painterKey } from './painter.js';
import type { PaintPayload } from './tasks.js';
import type { Objective, PaintState, PictureOptions } from './types.js';

/** Steps of a leg. */
export const LEG = 64;

export interface PictureJob {
  unit: string;
  objective: Objective;
  options: PictureOptions;
}

export interface Painted {
  job: PictureJob;
  /** Of each picture of the batch. */
  before: number[];
  after: number[];
  rgb: Uint8Array[];
}

export interface PaintHooks {
  signal?: AbortSignal;
  /** After each leg. */
  onLeg?: (job: PictureJob, state: PaintState, steps: number) => void;
  /** A batch is finished. */
  onPainted: (painted: Painted) => Promise<void>;
}

/** Each batch on one worker at a time; those that look at one tap follow each other, whose memory is costly. */
export async function paintAll(pool: Pool, jobs: readonly PictureJob[], hooks: PaintHooks): Promise<void> {
  const key = ({ objective, options }: PictureJob): string => painterKey(objective, options);
  const order = jobs.map((job, i) => ({ job, i, key: key(job) }));
  order.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.i - b.i));
  const next = order.values();
  const lane = async (): Promise<void> => {
    for (const { job } of next) await hooks.onPainted(await paintOne(pool, job, hooks));
  };
  const lanes = Array.from({ length: Math.min(pool.width, jobs.length) }, lane);
  const results = await Promise.allSettled(lanes);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function paintOne(pool: Pool, job: PictureJob, { signal, onLeg }: PaintHooks): Promise<Painted> {
  const { objective, options } = job;
  const { steps } = options;
  const leg = (to: number, from?: PaintState): Promise<PaintState> => {
    signal?.throwIfAborted();
    return pool.run<PaintState>('paint', { objective, options, to, from } satisfies PaintPayload, [], signal);
  };
  let state = await leg(0);
  const before = state.values;
  onLeg?.(job, state, 0);
  for (let at = 0; at < steps; at += LEG) {
    const to = Math.min(steps, at + LEG);
    state = await leg(to, state);
    onLeg?.(job, state, to - at);
  }
  return { job, before, after: state.values, rgb: state.rgb };
}
