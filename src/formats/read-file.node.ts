// A whole file by its path: regular files only (a pipe would be waited for without end), with typed errors.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { InputError } from '../core/errors.js';
import { AT_ONCE, nodeStorage, readError } from './storage.node.js';

/** InputError: missing, not a regular file, above `most` bytes, or not readable. */
export async function readRegularFile(
  path: string,
  most = Number.MAX_SAFE_INTEGER,
  label = path,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new InputError(`${label}: not a regular file`);
    if (info.size > most)
      throw new InputError(`${label}: ${info.size} bytes, more than the limit of ${most}`);
    if (info.size > AT_ONCE) return await nodeStorage(dirname(path)).readRange(basename(path), 0, info.size);
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw readError(label, error);
  }
}
