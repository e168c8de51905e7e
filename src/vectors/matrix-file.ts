// A matrix from the bytes of a file: .npy, or one of those in a .npz or .safetensors file.
import { InputError, UsageError, unknownName } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { parseNpy } from '../formats/npy.js';
import { parseNpz } from '../formats/npz.js';
import { parseSafetensors } from '../formats/safetensors.js';
import type { MatrixData } from './matrix.js';

/** `path` is FILE or FILE#NAME, `file` and `name` its parts. */
export async function parseMatrixFile(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  file: string,
  name: string | undefined,
): Promise<MatrixData> {
  const common = { label: path, hash: nameHash(await sha256(bytes), name) };
  switch (/\.[^./\\]*$/.exec(file)?.[0].toLowerCase()) {
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

/** Identity of one matrix of a file. */
export const nameHash = (hash: string, name: string | undefined) =>
  name === undefined ? hash : `${hash}#${name}`;

/** The matrix that is meant, by its name. */
export function chosen(
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
