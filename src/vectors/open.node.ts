// --activations as users write it: a store's folder, or a matrix file.
import { stat } from 'node:fs/promises';
import { InputError } from '../core/errors.js';
import { readRegularFile } from '../formats/read-file.node.js';
import { nodeStorage } from '../formats/storage.node.js';
import { COLUMN_READERS } from './columns.node.js';
import { embeddingRows, openFolder } from './embedding-folder.js';
import { hashOfFile, openLargeMatrix } from './large-matrix.node.js';
import { type MatrixData, type MatrixRows, matrixRows, matrixVectors, streamedVectors } from './matrix.js';
import { chosen, nameHash, parseMatrixFile } from './matrix-file.js';
import type { Vectors } from './store.js';

/** Matrix files are read in one up to here, which is what can be digested in one. */
const LARGEST_FILE = 2 ** 31 - 1;

/** Opens a store or a matrix: FILE, or FILE#NAME where a file holds several. */
export async function openVectors(path: string, largestInMemory = LARGEST_FILE): Promise<Vectors> {
  const { file, name, info } = await locate(path);
  if (!info) throw new InputError(`${path}: no such activation store or matrix file`);
  if (info.isDirectory()) {
    return openFolder(nodeStorage(file));
  }
  // Larger files are read piece by piece.
  if (info.size > largestInMemory) {
    const rows = await openLargeMatrix(file, (all) => chosen(path, all, name));
    const hash = nameHash(await hashOfFile(file), name);
    return { hash, note: rows.note, source: (split) => streamedVectors({ ...rows, hash }, split) };
  }
  const matrix = await readMatrix(path);
  return { hash: matrix.hash, note: matrix.note, source: (split) => matrixVectors(matrix, split) };
}

/** A matrix file of any kind that is read (docs/formats.md): FILE, or FILE#NAME where it holds several. */
export async function readMatrix(path: string): Promise<MatrixData> {
  const { file, name, info } = await locate(path);
  if (!info?.isFile()) throw new InputError(`${path}: no such file`);
  return parseMatrixFile(await readRegularFile(file, LARGEST_FILE), path, file, name, COLUMN_READERS);
}

/** The rows of a matrix file of any size. */
export async function openRows(path: string, largestInMemory = LARGEST_FILE): Promise<MatrixRows> {
  const { file, name, info } = await locate(path);
  const folder = info?.isDirectory() ? await embeddingRows(nodeStorage(file)) : undefined;
  if (folder) return folder;
  if (info?.isFile() && info.size > largestInMemory)
    return matrixRows(await openLargeMatrix(file, (all) => chosen(path, all, name)));
  return matrixRows(await readMatrix(path));
}

/** A file of that very name comes first: `#` is a letter like any other in names. */
async function locate(path: string) {
  const info = await stat(path).catch(() => undefined);
  const at = path.lastIndexOf('#');
  if (info || at < 0) return { file: path, name: undefined, info };
  const file = path.slice(0, at);
  return { file, name: path.slice(at + 1), info: await stat(file).catch(() => undefined) };
}
