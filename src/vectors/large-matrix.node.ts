// Matrix files too large for one buffer: their header, then rows as they are asked for.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import { InputError, UsageError } from '../core/errors.js';
import { DTYPE_BYTES } from '../formats/dtypes.js';
import { npyElements, parseNpyHeader } from '../formats/npy.js';
import { nodeStorage, readError } from '../formats/storage.node.js';
import { openTensors } from '../formats/tensor-reader.js';
import { flattened, type MatrixRows } from './matrix.js';

/** More than any header that parseNpyHeader takes. */
const NPY_HEADER_BYTES = 1_100_000;

/** Opens a .npy or .safetensors file of any size; `name`: the tensor, where there are several. */
export async function openLargeMatrix(
  path: string,
  choose: (names: { name: string; shape: number[] }[]) => string,
): Promise<MatrixRows> {
  const [storage, file] = [nodeStorage(dirname(path)), basename(path)];
  const size = (await storage.size(file)) ?? 0;
  const kind = extname(path).toLowerCase();
  if (kind === '.npy') {
    const header = parseNpyHeader(await storage.readRange(file, 0, Math.min(size, NPY_HEADER_BYTES)), path);
    const { dtype, fortran, dataStart } = header;
    const { shape, note } = flattened(header, path);
    const width = DTYPE_BYTES[dtype];
    const bytes = shape.reduce((p, n) => p * n, width);
    if (dataStart + bytes !== size)
      throw new InputError(
        `${path}: not a valid .npy file: shape (${shape.join(', ')}) needs ${bytes} bytes, ${size - dataStart} are there`,
      );
    if (fortran)
      throw new InputError(
        `${path}: is in Fortran order and too large to turn in memory; save numpy.ascontiguousarray of it`,
      );
    const stride = width * shape[1];
    return {
      label: path,
      shape,
      note,
      rows: async (first, n) =>
        npyElements(await storage.readRange(file, dataStart + first * stride, n * stride), header),
    };
  }
  if (kind === '.safetensors') {
    const reader = await openTensors(storage, file);
    const name = choose([...reader.entries].map(([n, { shape }]) => ({ name: n, shape })));
    const { shape, note } = flattened(reader.entries.get(name)!, path);
    return {
      label: path,
      shape,
      note,
      rows: (first, n) => reader.elements(name, first * shape[1], n * shape[1]),
    };
  }
  throw new UsageError(
    `${path}: ${size} bytes; files of 2 GiB and more are read as .npy or .safetensors, so unpack it`,
  );
}

/** SHA-256 of a file of any size. */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw readError(path, error);
  }
  return hash.digest('hex');
}
