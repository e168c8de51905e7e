// Any matrix of vectors (.npy, .npz member, .safetensors) as a VectorSource, so that
// embeddings of any kind can be trained on.
import { InputError } from '../core/errors.js';
import { checkFinite } from './store.js';
import type { Split, VectorSource } from './types.js';

/** Rows are held out in blocks, every tenth: neighbouring rows of a file are often related. */
export const HELDOUT_BLOCK = 64;

export interface MatrixData {
  label: string;
  /** sha256 of the file. */
  hash: string;
  shape: number[];
  data: Float32Array;
}

/** Splits rows: blocks of 64, every tenth block held out (the last tenth of a file of fewer than 640 rows). */
export function matrixVectors({ label, hash, shape, data }: MatrixData, split: Split): VectorSource {
  if (shape.length !== 2 || shape[1] < 1)
    throw new InputError(`${label}: shape (${shape.join(', ')}); a matrix of one vector per row is needed`);
  const [n, d] = shape;
  checkFinite(data, d, label);
  const rows: number[] = [];
  for (let i = 0; i < n; i++) if (wanted(i, n, split)) rows.push(i);
  if (!rows.length) throw new InputError(`${label}: ${n} rows leave none for the ${split} split`);
  return {
    d,
    count: rows.length,
    hash: `${hash}:${split}`,
    split,
    shards: [rows.length],
    load: async () => {
      if (rows.length === n) return data.slice();
      const out = new Float32Array(rows.length * d);
      rows.forEach((row, i) => {
        out.set(data.subarray(row * d, (row + 1) * d), i * d);
      });
      return out;
    },
  };
}

function wanted(row: number, rows: number, split: Split): boolean {
  if (split === 'all' || split === 'reference') return true;
  return isHeldOutRow(row, rows) === (split === 'heldout');
}

/** Whether the held-out split has this row of a matrix of `rows` rows. */
export function isHeldOutRow(row: number, rows: number): boolean {
  if (rows >= 10 * HELDOUT_BLOCK) return Math.floor(row / HELDOUT_BLOCK) % 10 === 9;
  return rows > 1 && row >= rows - Math.max(1, Math.floor(rows / 10));
}
