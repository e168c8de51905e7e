// Any matrix of vectors (.npy, .npz member, .safetensors) as a VectorSource, so that
// embeddings of any kind can be trained on.
import { InputError } from '../core/errors.js';
import type { Metadata } from './metadata.js';
import { checkFinite } from './store.js';
import type { Split, VectorSource } from './types.js';

/** Rows are held out in blocks, every tenth: neighbouring rows of a file are often related. */
export const HELDOUT_BLOCK = 64;

export interface MatrixData {
  /** What was done to the file's array, to be told. */
  note?: string;
  label: string;
  /** sha256 of the file. */
  hash: string;
  shape: number[];
  data: Float32Array;
}

/** Rows of a matrix that is read piece by piece. */
export interface MatrixRows extends Omit<MatrixData, 'data' | 'hash'> {
  /** Of documents that have them: their records, in the order of the rows. */
  metadata?(): Promise<Metadata>;
  /** Rows [first, first + n), [n][d]. */
  rows(first: number, n: number): Promise<Float32Array>;
  /** What is known of each row, where the vectors came with it. */
  records?(): Promise<Metadata>;
}

/** An array [n, t, d] (sequences, say) as its n t vectors, with a note that says so; others as they are. */
export function flattened<T extends { shape: number[] }>(array: T, label: string): T & { note?: string } {
  const { shape } = array;
  if (shape.length !== 3) return array;
  const [n, t, d] = shape;
  const note = `${label}: array of shape (${shape.join(', ')}): read as ${n * t} vectors of ${d}`;
  return { ...array, shape: [n * t, d], note };
}

/** `matrix` to be read in rows. InputError: no matrix, no rows, or not finite (where it is not in memory, as rows are read). */
export function matrixRows(matrix: MatrixData | MatrixRows): MatrixRows {
  const { note, label, shape } = matrix;
  checkShape(label, shape);
  const [n, d] = shape;
  if (n < 1) throw new InputError(`${label}: holds no vectors`);
  if ('data' in matrix) {
    checkFinite(matrix.data, d, label);
    return { note, label, shape, rows: async (at, count) => matrix.data.subarray(at * d, (at + count) * d) };
  }
  return {
    note,
    label,
    shape,
    async rows(at, count) {
      const data = await matrix.rows(at, count);
      checkFinite(data, d, label, at);
      return data;
    },
  };
}

/** Bytes of f32 in a piece, about. */
const PIECE_BYTES = 64 * 1024 ** 2;

/**
 * As matrixVectors, in shards of `piece` rows that are read when they are asked for: memory holds
 * one piece however long the file is. NaN or Inf is found when its shard is loaded.
 */
export function streamedVectors(
  { label, hash, shape, rows }: MatrixRows & { hash: string },
  split: Split,
  piece = Math.max(1, Math.floor(PIECE_BYTES / (4 * shape[1]))),
): VectorSource {
  checkShape(label, shape);
  const [n, d] = shape;
  const shards: { first: number; rows: number[] }[] = [];
  for (let first = 0; first < n; first += piece) {
    const count = Math.min(piece, n - first);
    const own = Array.from({ length: count }, (_, i) => i).filter((i) => wanted(first + i, n, split));
    if (own.length) shards.push({ first, rows: own });
  }
  if (!shards.length) throw new InputError(`${label}: ${n} rows leave none for the ${split} split`);
  return {
    d,
    count: shards.reduce((sum, s) => sum + s.rows.length, 0),
    hash: `${hash}:${split}`,
    split,
    shards: shards.map((s) => s.rows.length),
    load: async (shard) => {
      const { first, rows: own } = shards[shard];
      const data = await rows(first, Math.min(piece, n - first));
      checkFinite(data, d, label, first);
      return picked(data, own, d);
    },
  };
}

function checkShape(label: string, shape: number[]): void {
  if (shape.length !== 2 || shape[1] < 1)
    throw new InputError(`${label}: shape (${shape.join(', ')}); a matrix of one vector per row is needed`);
}

/** Some rows of `data` [n][d], in the order in which they are named. */
export function picked(data: Float32Array, rows: ArrayLike<number>, d: number): Float32Array {
  const out = new Float32Array(rows.length * d);
  for (let i = 0; i < rows.length; i++) out.set(data.subarray(rows[i] * d, (rows[i] + 1) * d), i * d);
  return out;
}

/** Splits rows: blocks of 64, every tenth block held out (the last tenth of a file of fewer than 640 rows). */
export function matrixVectors({ label, hash, shape, data }: MatrixData, split: Split): VectorSource {
  checkShape(label, shape);
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
    load: async () => (rows.length === n ? data.slice() : picked(data, rows, d)),
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
