// What a tap answers to drawings of any kind, slice by slice through the pool.
import type { Pool } from '../../core/pool.js';
import type { TapInfo } from '../../network/types.js';
import type { ResponsesSlice } from './tasks.js';

/** Stimuli per task: fixed, so that the work is cut the same way for any number of workers. */
const SLICE = 48;

export interface RespondJob {
  pool: Pool;
  info: Pick<TapInfo, 'channels'>;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Vectors [stimuli][channels]. `task`: what answers to some of them with their vectors. */
export async function respondTo<S>(
  { pool, info, signal, onProgress }: RespondJob,
  stimuli: readonly S[],
  task: (slice: readonly S[]) => { name: string; payload: unknown },
): Promise<Float32Array> {
  const out = new Float32Array(stimuli.length * info.channels);
  const starts = Array.from({ length: Math.ceil(stimuli.length / SLICE) }, (_, i) => i * SLICE);
  await pool.mapOrdered<number, ResponsesSlice>(
    starts,
    (start) => task(stimuli.slice(start, start + SLICE)),
    (slice, s) => {
      out.set(slice, starts[s] * info.channels);
      onProgress?.(Math.min(stimuli.length, starts[s] + SLICE), stimuli.length);
    },
    { ahead: 2, signal },
  );
  return out;
}
