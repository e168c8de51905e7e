// Independent components on all threads: the rows of an update are computed each on its own, so that the bits are those of one.
import type { CoreMath } from '../../core/math.js';
import type { Pool } from '../../core/pool.js';
import { canShare } from '../../core/shared-module.js';
import type { Task } from '../../vectors/task-context.js';
import { type Ica, type IcaStep, ica, iterate, update } from './ica.js';

interface RowsPayload extends IcaStep {
  from: number;
  to: number;
}

/** Rows of a task: the threads end an update within a few milliseconds of each other. */
const ROWS = 4;
/** Multiplications of an update that are worth a word with other threads. */
const WORTH_IT = 2 ** 23;

/** As ica(), on the threads of `pool` where they can read one memory. */
export async function icaOnThreads(
  { math, pool, signal }: { math: CoreMath; pool: Pool; signal?: AbortSignal },
  x: Float32Array,
  d: number,
  seed: number,
): Promise<Ica> {
  if (pool.width < 2 || !canShare() || x.length * d < WORTH_IT) return ica(math, x, d, seed);
  const steps = iterate(math, x, d, seed);
  let shared: Float64Array | undefined;
  let step = steps.next();
  while (!step.done) {
    const { w, z, m } = step.value;
    shared ??= inSharedMemory(z);
    const next = new Float64Array(m * m);
    const tasks = Array.from({ length: Math.ceil(m / ROWS) }, (_, i): RowsPayload => {
      const from = i * ROWS;
      return { w, z: shared!, m, from, to: Math.min(from + ROWS, m) };
    });
    await pool.mapOrdered<RowsPayload, Float64Array>(
      tasks,
      (payload) => ({ name: 'ica', payload }),
      (rows, i) => next.set(rows, tasks[i].from * m),
      { signal },
    );
    step = steps.next(next);
  }
  return step.value;
}

function inSharedMemory(values: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

const rows: Task = async ({ from, to, ...step }: RowsPayload, { engine }) => {
  const value = update(engine.math, step, from, to);
  return { value, transfer: [value.buffer] };
};

export const baseTasks: Record<string, Task> = { ica: rows };
