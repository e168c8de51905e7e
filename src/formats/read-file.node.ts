// A whole file by its path: regular files only (a pipe would be waited for without end), with typed errors.
import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../core/errors.js';
import { readError } from './storage.node.js';

/** Node reads files below 2 GiB in one. */
export const LARGEST_FILE = 2 ** 31 - 1;

/** InputError: missing, not a regular file, above `most` bytes, or not readable. */
export async function readRegularFile(
  path: string,
  most = LARGEST_FILE,
  label = path,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new InputError(`${label}: not a regular file`);
    if (info.size > most)
      throw new InputError(`${label}: ${info.size} bytes, more than the limit of ${most}`);
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw readError(label, error);
  }
}
