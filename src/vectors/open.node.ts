// --activations as users write it: a store's folder, or a matrix file.
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InputError, UsageError, unknownName } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { parseNpy } from '../formats/npy.js';
import { parseNpz } from '../formats/npz.js';
import { parseSafetensors } from '../formats/safetensors.js';
import { nodeStorage } from '../formats/storage.node.js';
import { openLargeMatrix } from './large-matrix.node.js';
import { type MatrixData, matrixVectors, streamedVectors } from './matrix.js';
import { openStore, storeAsVectors, type Vectors } from './store.js';

/** Larger files are read piece by piece: Node reads files below 2 GiB in one. */
export const LARGEST_IN_MEMORY = 2 ** 31 - 1;

/** Opens a store or a matrix: FILE, or FILE#NAME where a file holds several. */
export async function openVectors(path: string, largestInMemory = LARGEST_IN_MEMORY): Promise<Vectors> {
  const { file, name, info } = await locate(path);
  if (!info) throw new InputError(`${path}: no such activation store or matrix file`);
  if (info.isDirectory()) {
    const { storage, manifest } = await openStore(nodeStorage(file));
    return storeAsVectors(storage, manifest);
  }
  if (info.size > largestInMemory) {
    const rows = await openLargeMatrix(file, (all) => chosen(path, all, name));
    const hash = nameHash(rows.hash, name);
    return { hash, source: (split) => streamedVectors({ ...rows, hash }, split) };
  }
  const matrix = await readMatrix(path);
  return { hash: matrix.hash, source: (split) => matrixVectors(matrix, split) };
}

/** A matrix file: .npy, or a matrix of a .npz or .safetensors file; with several, FILE#NAME or the one named 'activations'. */
export async function readMatrix(path: string): Promise<MatrixData> {
  const { file, name, info } = await locate(path);
  if (!info?.isFile()) throw new InputError(`${path}: no such file`);
  if (info.size > LARGEST_IN_MEMORY)
    throw new InputError(
      `${path}: ${info.size} bytes, more than the ${LARGEST_IN_MEMORY} that are read here`,
    );
  const bytes = new Uint8Array(await readFile(file));
  const common = { label: path, hash: nameHash(await sha256(bytes), name) };
  switch (extname(file).toLowerCase()) {
    case '.npy':
      if (name !== undefined) throw new UsageError(`${path}: a .npy file holds one array, without a name`);
      return { ...common, ...parseNpy(bytes, file) };
    case '.npz': {
      const arrays = parseNpz(bytes, file);
      const all = [...arrays].map(([n, { shape }]) => ({ name: n, shape }));
      return { ...common, ...arrays.get(chosen(path, all, name))! };
    }
    case '.safetensors': {
      const { tensors } = parseSafetensors(bytes, file);
      const all = [...tensors].map(([n, { shape }]) => ({ name: n, shape }));
      const tensor = tensors.get(chosen(path, all, name))!;
      return { ...common, shape: tensor.shape, data: tensor.f32() };
    }
    default:
      throw new UsageError(`${path}: unknown kind of file; .npy, .npz and .safetensors are read`);
  }
}

/** A file of that very name comes first: `#` is a letter like any other in names. */
async function locate(path: string) {
  const info = await stat(path).catch(() => undefined);
  const at = path.lastIndexOf('#');
  if (info || at < 0) return { file: path, name: undefined, info };
  const file = path.slice(0, at);
  return { file, name: path.slice(at + 1), info: await stat(file).catch(() => undefined) };
}

const nameHash = (hash: string, name: string | undefined) => (name === undefined ? hash : `${hash}#${name}`);

/** The matrix that is meant, by its name. */
function chosen(
  path: string,
  all: readonly { name: string; shape: number[] }[],
  name: string | undefined,
): string {
  const matrices = all.filter((a) => a.shape.length === 2);
  if (name !== undefined) {
    if (all.some((a) => a.name === name)) return name; // what is no matrix is refused by its shape
    throw unknownName(
      `array of ${path.slice(0, path.lastIndexOf('#'))}`,
      name,
      all.map((a) => a.name),
    );
  }
  if (matrices.length === 1) return matrices[0].name;
  const usual = matrices.find((a) => a.name === 'activations' || a.name === 'features');
  if (usual) return usual.name;
  const names = matrices.slice(0, 8).map((a) => a.name);
  throw new InputError(
    `${path}: holds ${matrices.length} matrices${names.length ? ` (${names.join(', ')}${matrices.length > 8 ? ', ...' : ''}); choose one with FILE#NAME` : '; one is needed'}`,
  );
}
