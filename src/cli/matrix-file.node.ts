// Writing a matrix in the format that its file name asks for.
import { basename, dirname, extname } from 'node:path';
import { UsageError } from '../core/errors.js';
import { encodeNpy } from '../formats/npy.js';
import { encodeSafetensors } from '../formats/safetensors.js';
import { nodeStorage } from '../formats/storage.node.js';

/** Refuses an unknown ending before any work is done. */
export function checkMatrixName(path: string): void {
  if (!['.npy', '.safetensors'].includes(extname(path).toLowerCase()))
    throw new UsageError(`${path}: write .npy or .safetensors`);
}

export async function writeMatrix(
  path: string,
  name: string,
  shape: number[],
  data: Float32Array,
): Promise<void> {
  const bytes =
    extname(path).toLowerCase() === '.npy'
      ? encodeNpy(shape, data)
      : encodeSafetensors({ [name]: { shape, data } });
  await nodeStorage(dirname(path)).write(basename(path), bytes);
}
