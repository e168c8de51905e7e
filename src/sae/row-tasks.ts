// What is done with rows of vectors and a trained SAE, here and as tasks of other threads: what becomes of a row
// depends on no other, so that where it is done changes no bit.
import type { Task } from '../vectors/task-context.js';
import { LoadedSae } from './inference.js';
import type { SaeConfig, SaeTensors } from './types.js';

export interface RowsInput {
  /** [n][d_in] */
  rows: Float32Array;
}

export interface Encoded {
  /** [n][d_sae] */
  features: Float32Array;
  /** How many of them are above 0. */
  active: number;
}

export interface Reconstructed {
  /** [n][d_in] */
  xhat: Float32Array;
  /** [d_sae], rows on which each latent is active. */
  fired: Int32Array;
  active: number;
}

export interface ActiveChunk {
  /** [n], entries of each row. */
  counts: Int32Array;
  /** Features of all rows, by increasing feature in each, and their activations, above 0. */
  index: Int32Array;
  value: Float32Array;
}

export interface RowResults {
  encode: Encoded;
  reconstruct: Reconstructed;
  active: ActiveChunk;
}

export type RowTask = keyof RowResults;

export const ROW_TASKS: { [K in RowTask]: (sae: LoadedSae, input: RowsInput) => RowResults[K] } = {
  encode(sae, { rows }) {
    const features = sae.encode(rows);
    let active = 0;
    for (const f of features) if (f > 0) active++;
    return { features, active };
  },

  reconstruct(sae, { rows }) {
    const { dIn, dSae } = sae.config;
    const out = { xhat: new Float32Array(rows.length), fired: new Int32Array(dSae), active: 0 };
    sae.visit(rows, rows.length / dIn, (first, count, lists, reconstruct) => {
      const entries = lists.start[count];
      for (let i = 0; i < entries; i++) out.fired[lists.index[i]]++;
      out.active += entries;
      const { rows: xhat, stride } = reconstruct();
      for (let s = 0; s < count; s++)
        out.xhat.set(xhat.subarray(s * stride, s * stride + dIn), (first + s) * dIn);
    });
    return out;
  },

  active: (sae, { rows }) => activeChunk(sae, rows),
};

function activeChunk(sae: LoadedSae, x: Float32Array): ActiveChunk {
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

export interface RowsPayload extends RowsInput {
  config: SaeConfig;
  tensors: SaeTensors;
  /** Identity of the SAE: a thread loads it once. */
  key: string;
}

const task =
  (name: RowTask): Task =>
  async ({ config, tensors, key, rows }: RowsPayload, context) => {
    const sae = context.keep('sae of rows', key, () => new LoadedSae(context.engine, config, tensors));
    const value = ROW_TASKS[name](sae, { rows });
    return { value, transfer: buffersOf(value) };
  };

const buffersOf = (value: RowResults[RowTask]): ArrayBuffer[] =>
  Object.values(value)
    .filter((part) => ArrayBuffer.isView(part))
    .map((part) => part.buffer as ArrayBuffer);

export const rowTasks: Record<RowTask, Task> = {
  encode: task('encode'),
  reconstruct: task('reconstruct'),
  active: task('active'),
};
