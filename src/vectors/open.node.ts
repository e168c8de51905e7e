// --activations as users write it: a store's folder, or a matrix file.
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InputError, shown, UsageError, unknownName } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { parseNpy } from '../formats/npy.js';
import { parseNpz } from '../formats/npz.js';
import { parsePyTorchTree } from '../formats/pytorch.js';
import { LARGEST_FILE, readRegularFile } from '../formats/read-file.node.js';
import { parseSafetensors } from '../formats/safetensors.js';
import { nodeStorage } from '../formats/storage.node.js';
import { arrowColumns, type NamedArray, parquetColumns } from './columns.node.js';
import { openLargeMatrix } from './large-matrix.node.js';
import { flattened, type MatrixData, matrixVectors, streamedVectors } from './matrix.js';
import { openStore, storeAsVectors, type Vectors } from './store.js';

/** Opens a store or a matrix: FILE, or FILE#NAME where a file holds several. */
export async function openVectors(path: string, largestInMemory = LARGEST_FILE): Promise<Vectors> {
  const { file, name, info } = await locate(path);
  if (!info) throw new InputError(`${path}: no such activation store or matrix file`);
  if (info.isDirectory()) {
    const { storage, manifest } = await openStore(nodeStorage(file));
    return storeAsVectors(storage, manifest);
  }
  // Larger files are read piece by piece.
  if (info.size > largestInMemory) {
    const rows = await openLargeMatrix(file, (all) => chosen(path, all, name));
    const hash = nameHash(rows.hash, name);
    return { hash, note: rows.note, source: (split) => streamedVectors({ ...rows, hash }, split) };
  }
  const matrix = await readMatrix(path);
  return { hash: matrix.hash, note: matrix.note, source: (split) => matrixVectors(matrix, split) };
}

type Reader = (bytes: Uint8Array<ArrayBuffer>, file: string) => NamedArray[] | Promise<NamedArray[]>;

const named = (name: string, shape: number[], data: () => Float32Array): NamedArray => ({
  name,
  shape,
  read: async () => ({ shape, data: data() }),
});

const pytorch: Reader = (bytes, file) =>
  [...parsePyTorchTree(bytes, file)].flatMap(([name, leaf]) =>
    typeof leaf === 'function' ? [named(name, leaf.shape, () => leaf().f32())] : [],
  );

/** The arrays of a file, by its ending in whatever case. */
const READERS: Record<string, Reader> = {
  '.npz': (bytes, file) =>
    [...parseNpz(bytes, file)].map(([name, { shape, data }]) => named(name, shape, () => data)),
  '.safetensors': (bytes, file) =>
    [...parseSafetensors(bytes, file).tensors].map(([name, t]) => named(name, t.shape, () => t.f32())),
  '.pt': pytorch,
  '.pth': pytorch,
  '.parquet': parquetColumns,
  '.arrow': arrowColumns,
  '.feather': arrowColumns,
};
const ENDINGS = ['.npy', ...Object.keys(READERS)];

/**
 * A matrix of a file: .npy, or one of the arrays or columns of vectors of another kind of file; with
 * several, FILE#NAME or the one named 'activations'. An array [n, t, d] is n t rows.
 */
export async function readMatrix(path: string): Promise<MatrixData> {
  const { file, name, info } = await locate(path);
  if (!info?.isFile()) throw new InputError(`${path}: no such file`);
  const ending = extname(file).toLowerCase();
  if (!ENDINGS.includes(ending))
    throw new UsageError(`${path}: unknown kind of file; read: ${ENDINGS.join(', ')}`);
  const bytes = await readRegularFile(file);
  const common = { label: path, hash: nameHash(await sha256(bytes), name) };
  if (ending === '.npy') {
    if (name !== undefined) throw new UsageError(`${path}: a .npy file holds one array, without a name`);
    return { ...common, ...flattened(parseNpy(bytes, file)) };
  }
  const arrays = await READERS[ending](bytes, file);
  const choice = chosen(path, arrays, name);
  return { ...common, ...flattened(await arrays.find((a) => a.name === choice)!.read()) };
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
  const matrices = all.filter((a) => a.shape.length === 2 || a.shape.length === 3);
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
  const names = matrices.slice(0, 8).map((a) => shown(a.name));
  throw new InputError(
    `${path}: holds ${matrices.length} matrices${names.length ? ` (${names.join(', ')}${matrices.length > 8 ? ', ...' : ''}); choose one with FILE#NAME` : '; one is needed'}`,
  );
}
