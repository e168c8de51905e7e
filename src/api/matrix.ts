// What encode and decode share: the SAE they are about, and the matrix file they write.
import { UsageError } from '../core/errors.js';
import { encodeNpy } from '../formats/npy.js';
import { encodeSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { Options } from './options.js';
import type { SaeSpec } from './platform.js';

/** For the library; on the command line it is the first argument. */
export const SAE_OPTION = {
  sae: { kind: 'text', value: 'SAE', help: 'the folder of the SAE', required: true, object: true },
} as const satisfies Options;

export interface SaeOption {
  /** The SAE that the command is about. */
  sae: SaeSpec;
}

const isNpy = (name: string): boolean => /\.npy$/i.test(name);

/** Refuses an unknown ending before any work is done. */
export function checkMatrixName(path: string): void {
  if (!isNpy(path) && !/\.safetensors$/i.test(path))
    throw new UsageError(`${path}: write .npy or .safetensors`);
}

/** Writes rows in the format that the file's name asks for. */
export async function writeMatrix(
  storage: Storage,
  file: string,
  name: string,
  shape: number[],
  data: Float32Array,
): Promise<void> {
  await storage.write(
    file,
    isNpy(file) ? encodeNpy(shape, data) : encodeSafetensors({ [name]: { shape, data } }),
  );
}
