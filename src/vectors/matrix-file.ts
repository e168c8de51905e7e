// A matrix from the bytes of a file: .npy, or one of the arrays or columns of vectors of another kind of file.
import { InputError, shown, UsageError, unknownName } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { parseNpy } from '../formats/npy.js';
import { parseNpz } from '../formats/npz.js';
import { parsePyTorchTree } from '../formats/pytorch.js';
import { parseSafetensors } from '../formats/safetensors.js';
import { flattened, type MatrixData } from './matrix.js';

/** An array of a file, or a column of lists: read when it is chosen. */
export interface NamedArray {
  name: string;
  /** [rows, width]; -1 for a width that is not known before reading. */
  shape: number[];
  read(): Promise<{ shape: number[]; data: Float32Array }>;
}

/** The arrays of a file's bytes. */
export type ArrayReader = (
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
) => NamedArray[] | Promise<NamedArray[]>;

const named = (name: string, shape: number[], data: () => Float32Array): NamedArray => ({
  name,
  shape,
  read: async () => ({ shape, data: data() }),
});

const pytorch: ArrayReader = (bytes, file) =>
  [...parsePyTorchTree(bytes, file)].flatMap(([name, leaf]) =>
    typeof leaf === 'function' ? [named(name, leaf.shape, () => leaf().f32())] : [],
  );

/** By the file's ending, in whatever case. */
const READERS: Readonly<Record<string, ArrayReader>> = {
  '.npz': (bytes, file) =>
    [...parseNpz(bytes, file)].map(([name, { shape, data }]) => named(name, shape, () => data)),
  '.safetensors': (bytes, file) =>
    [...parseSafetensors(bytes, file).tensors].map(([name, t]) => named(name, t.shape, () => t.f32())),
  '.pt': pytorch,
  '.pth': pytorch,
};

/**
 * `path` is FILE or FILE#NAME, `file` and `name` its parts. With several arrays and no name, the one named
 * 'activations'. An array [n, t, d] is n t rows. `more`: readers of the runtime, by ending.
 */
export async function parseMatrixFile(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  file: string,
  name: string | undefined,
  more: Readonly<Record<string, ArrayReader>> = {},
): Promise<MatrixData> {
  const readers = { ...READERS, ...more };
  const ending = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase() ?? '';
  const common = { label: path, hash: nameHash(await sha256(bytes), name) };
  if (ending === '.npy') {
    if (name !== undefined) throw new UsageError(`${path}: a .npy file holds one array, without a name`);
    return { ...common, ...flattened(parseNpy(bytes, file), path) };
  }
  if (!Object.hasOwn(readers, ending))
    throw new UsageError(
      `${path}: unknown kind of file; read: ${['.npy', ...Object.keys(readers)].join(', ')}`,
    );
  const arrays = await readers[ending](bytes, file);
  const choice = chosen(path, arrays, name);
  return { ...common, ...flattened(await arrays.find((a) => a.name === choice)!.read(), path) };
}

/** Identity of one matrix of a file. */
export const nameHash = (hash: string, name: string | undefined) =>
  name === undefined ? hash : `${hash}#${name}`;

/** The matrix that is meant, by its name. */
export function chosen(
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
