// A whole file by its path: regular files only (a pipe would be waited for without end), with typed errors.
import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { InputError } from '../core/errors.js';
import { AT_ONCE, nodeStorage, readError } from './storage.node.js';

/**
 * InputError: missing, not a regular file, above `most` bytes, or not readable. A thread of the pool has one task at a time and
 * nothing to do while it reads, so it does not wait for Node's own threads five times a file.
 */
export async function readRegularFile(
  path: string,
  most = Number.MAX_SAFE_INTEGER,
  label = path,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const info = isMainThread ? await stat(path) : statSync(path);
    if (!info.isFile()) throw new InputError(`${label}: not a regular file`);
    if (info.size > most)
      throw new InputError(`${label}: ${info.size} bytes, more than the limit of ${most}`);
    if (info.size > AT_ONCE) return await nodeStorage(dirname(path)).readRange(basename(path), 0, info.size);
    const read = isMainThread ? await readFile(path) : readFileSync(path);
    // Of a memory of its own, as large files are, the bytes themselves: a copy of weights costs a tenth of a second.
    return read.byteLength === read.buffer.byteLength
      ? new Uint8Array(read.buffer as ArrayBuffer)
      : new Uint8Array(read);
  } catch (error) {
    throw readError(label, error);
  }
}
