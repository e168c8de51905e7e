// The `active` task: rows -> the features that fire on each.
import { LoadedSae } from '../sae/inference.js';
import type { SaeConfig, SaeTensors } from '../sae/types.js';
import type { Task, TaskContext, TaskResult } from '../vectors/task-context.js';

export const activeTasks: Record<string, Task> = { active };

export interface ActivePayload {
  config: SaeConfig;
  tensors: SaeTensors;
  /** Identity of the SAE: a thread loads it once. */
  key: string;
  /** [n][d_in] */
  x: Float32Array;
}

export interface ActiveChunk {
  /** [n], entries of each row. */
  counts: Int32Array;
  /** Features of all rows, by increasing feature in each, and their activations, above 0. */
  index: Int32Array;
  value: Float32Array;
}

async function active({ config, tensors, key, x }: ActivePayload, context: TaskContext): Promise<TaskResult> {
  const sae = context.keep('sae of rows', key, () => new LoadedSae(context.engine, config, tensors));
  const value = activeChunk(sae, x);
  return { value, transfer: [value.counts.buffer, value.index.buffer, value.value.buffer] };
}

export function activeChunk(sae: LoadedSae, x: Float32Array): ActiveChunk {
  const n = x.length / sae.config.dIn;
  const counts = new Int32Array(n);
  const index: Int32Array[] = [];
  const value: Float32Array[] = [];
  sae.visit(x, n, (first, count, lists) => {
    const entries = lists.start[count];
    const own = { index: new Int32Array(entries), value: new Float32Array(entries) };
    let kept = 0;
    for (let s = 0; s < count; s++) {
      const before = kept;
      for (let i = lists.start[s]; i < lists.start[s + 1]; i++)
        if (lists.value[i] > 0) {
          own.index[kept] = lists.index[i];
          own.value[kept++] = lists.value[i];
        }
      counts[first + s] = kept - before;
    }
    index.push(own.index.subarray(0, kept));
    value.push(own.value.subarray(0, kept));
  });
  const total = index.reduce((sum, part) => sum + part.length, 0);
  const all = { counts, index: new Int32Array(total), value: new Float32Array(total) };
  let at = 0;
  index.forEach((part, i) => {
    all.index.set(part, at);
    all.value.set(value[i], at);
    at += part.length;
  });
  return all;
}
