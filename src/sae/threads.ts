// Rows of vectors through a trained SAE on all threads of a pool, or on this one: the same results in the same order.
import type { Pool } from '../core/pool.js';
import { turns } from '../core/turns.js';
import { BLOCK, type LoadedSae } from './inference.js';
import { ROW_TASKS, type RowResults, type RowsInput, type RowsPayload, type RowTask } from './row-tasks.js';
import { sharedTensors } from './shared-tensors.js';
import type { SaeConfig, SaeTensors } from './types.js';

/** Multiplications of a task's encoder, about: some 30 ms of a thread. */
const TASK = 2 ** 29;
/** So many in all are worth telling threads that run, and so many worth starting them: they take some .2 s. */
const WORTH = { telling: 2 * TASK, starting: 2 ** 33 };
/** Weights of an SAE that each thread may hold a copy of. */
const MOST_WEIGHTS = 2 ** 27;
/** Floats of a task's rows, dense features too, at most. */
const MOST_FLOATS = 2 ** 22;

/** Rows of one task: whole blocks of the kernels. */
export const rowsPerTask = ({ dIn, dSae }: SaeConfig): number =>
  BLOCK * Math.max(1, Math.floor(Math.min(TASK / (dIn * dSae), MOST_FLOATS / Math.max(dIn, dSae)) / BLOCK));

/** [first, count] of n rows, `size` at a time. */
export function* rowRanges(n: number, size: number): Generator<[first: number, count: number]> {
  for (let first = 0; first < n; first += size) yield [first, Math.min(size, n - first)];
}

export interface ThroughOptions {
  /** Its threads compute where it has several and there is work for them. */
  pool?: Pool;
  signal?: AbortSignal;
}

/**
 * What `task` gives for each of `parts`, in order; `total`: rows of all of them. The signal's reason where it is
 * aborted.
 */
export async function* throughSae<K extends RowTask, P extends RowsInput>(
  sae: LoadedSae,
  task: K,
  parts: AsyncIterable<P>,
  total: number,
  { pool, signal }: ThroughOptions,
): AsyncGenerator<{ part: P; result: RowResults[K] }> {
  const { config } = sae;
  signal?.throwIfAborted();
  if (!pool || !isWorth(pool, config, total)) {
    const turn = turns();
    for await (const part of parts) {
      yield { part, result: ROW_TASKS[task](sae, part) };
      await turn();
      signal?.throwIfAborted();
    }
    return;
  }
  pool.warm(); // while the first rows are read
  const { key, tensors } = told(sae);
  const sent: P[] = [];
  const results = pool.ordered<P, RowResults[K]>(
    parts,
    (part) => {
      sent.push(part);
      const rows = part.rows.slice();
      const payload: RowsPayload = { config, tensors, key, rows };
      return { name: task, payload, transfer: [rows.buffer] };
    },
    { signal },
  );
  for await (const result of results) {
    yield { part: sent.shift()!, result };
    signal?.throwIfAborted();
  }
}

function isWorth(pool: Pool, { dIn, dSae }: SaeConfig, rows: number): boolean {
  if (pool.width < 2 || 2 * dIn * dSae > MOST_WEIGHTS) return false;
  return rows * dIn * dSae >= (pool.started ? WORTH.telling : WORTH.starting);
}

/** As threads know it: one that they hold is not sent again, and they let it go for another. */
const known = new WeakMap<LoadedSae, { key: string; tensors: SaeTensors }>();
let nextKey = 0;

function told(sae: LoadedSae): { key: string; tensors: SaeTensors } {
  const it = known.get(sae) ?? { key: `${nextKey++}`, tensors: sharedTensors(sae.tensors) };
  known.set(sae, it);
  return it;
}
