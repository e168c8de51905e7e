// --activations as users write it: a store's folder, or a matrix file.
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InputError, UsageError } from '../core/errors.js';
import { sha256 } from '../formats/hash.js';
import { parseNpy } from '../formats/npy.js';
import { parseNpz } from '../formats/npz.js';
import { parseSafetensors, type Tensor } from '../formats/safetensors.js';
import { nodeStorage } from '../formats/storage.node.js';
import { type MatrixData, matrixVectors } from './matrix.js';
import { type Manifest, openStore, storeVectors } from './store.js';
import type { Split, VectorSource } from './types.js';

/** Node reads files below 2 GiB in one piece. */
const LARGEST_MATRIX_BYTES = 2 ** 31 - 1;

export interface Vectors {
  /** Identity of the data without the split. */
  hash: string;
  manifest?: Manifest;
  source(split: Split): VectorSource;
}

/** Opens a store or a matrix. */
export async function openVectors(path: string): Promise<Vectors> {
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new InputError(`${path}: no such activation store or matrix file`);
  if (info.isDirectory()) {
    const { storage, manifest } = await openStore(nodeStorage(path));
    return { hash: manifest.hash, manifest, source: (split) => storeVectors(storage, manifest, split) };
  }
  const matrix = await readMatrix(path);
  return { hash: matrix.hash, source: (split) => matrixVectors(matrix, split) };
}

/** A matrix file: .npy, .npz or .safetensors with one 2-D tensor. */
export async function readMatrix(path: string): Promise<MatrixData> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) throw new InputError(`${path}: no such file`);
  if (info.size > LARGEST_MATRIX_BYTES)
    throw new InputError(
      `${path}: ${info.size} bytes, more than the limit of ${LARGEST_MATRIX_BYTES}; split it, or make an activation store`,
    );
  const bytes = new Uint8Array(await readFile(path));
  const common = { label: path, hash: await sha256(bytes) };
  switch (extname(path).toLowerCase()) {
    case '.npy':
      return { ...common, ...parseNpy(bytes, path) };
    case '.npz': {
      const arrays = [...parseNpz(bytes, path)].filter(([, a]) => a.shape.length === 2);
      if (arrays.length !== 1)
        throw new InputError(`${path}: holds ${arrays.length} matrices; exactly one is needed`);
      return { ...common, ...arrays[0][1] };
    }
    case '.safetensors': {
      const matrices = [...parseSafetensors(bytes, path).tensors].filter(([, t]) => t.shape.length === 2);
      const tensor = matrices.length === 1 ? matrices[0][1] : preferred(matrices);
      if (!tensor)
        throw new InputError(
          `${path}: holds ${matrices.length} matrices; exactly one is needed, or one named 'activations'`,
        );
      return { ...common, shape: tensor.shape, data: tensor.f32() };
    }
    default:
      throw new UsageError(`${path}: unknown kind of file; .npy, .npz and .safetensors are read`);
  }
}

const preferred = (matrices: [string, Tensor][]): Tensor | undefined =>
  matrices.find(([name]) => name === 'activations' || name === 'features')?.[1];
