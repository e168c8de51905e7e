// What encode and decode share: the SAE they are about, and the matrix file they write.
import { UsageError } from '../core/errors.js';
import { npyHead } from '../formats/npy.js';
import { bytesOf } from '../formats/pieces.js';
import { safetensorsHead } from '../formats/safetensors.js';
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

/** Writes rows in the format that the file's name asks for, as `rows` makes them. */
export async function writeMatrix(
  storage: Storage,
  file: string,
  name: string,
  [n, width]: [n: number, width: number],
  rows: () => AsyncIterable<Float32Array>,
): Promise<void> {
  const shape = [n, width];
  const head = isNpy(file) ? npyHead(shape) : safetensorsHead([{ name, dtype: 'F32', shape }]);
  await storage.write(file, {
    size: head.byteLength + 4 * n * width,
    async *pieces() {
      yield head;
      for await (const part of rows()) yield bytesOf(part);
    },
  });
}
