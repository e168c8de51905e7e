// A whole file by its path: regular files only (a pipe would be waited for without end), with typed errors.
import { readFileSync, type Stats, statSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { InputError } from '../core/errors.js';
import { canShare } from '../core/shared-module.js';
import { AT_ONCE, nodeStorage, readError } from './storage.node.js';

const SHARED_AT_ONCE = 64 * 2 ** 20;

/**
 * InputError: missing, not a regular file, above `most` bytes, or not readable. `now`: without waiting for Node's own threads five
 * times a file, as a thread of the pool does, which has one task at a time and nothing to do while it reads.
 */
export async function readRegularFile(
  path: string,
  most = Number.MAX_SAFE_INTEGER,
  label = path,
  now = !isMainThread,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const info = now ? statSync(path) : await stat(path);
    check(info, most, label);
    if (info.size > AT_ONCE) return await nodeStorage(dirname(path)).readRange(basename(path), 0, info.size);
    const read = now ? readFileSync(path) : await readFile(path);
    // Of a memory of its own, as large files are, the bytes themselves: a copy of weights costs a tenth of a second.
    return read.byteLength === read.buffer.byteLength
      ? new Uint8Array(read.buffer as ArrayBuffer)
      : new Uint8Array(read);
  } catch (error) {
    throw readError(label, error);
  }
}

/**
 * A file in memory that threads share, so that each has it without a copy; in memory of this thread's own where an engine
 * cannot share. Errors as readRegularFile(); also where the file ends before its size.
 */
export async function readShared(path: string, most: number): Promise<Uint8Array> {
  if (!canShare()) return readRegularFile(path, most);
  try {
    // A pipe is told before it is opened, which would wait for its writer.
    check(await stat(path), most, path);
    const file = await open(path);
    try {
      const info = await file.stat();
      check(info, most, path);
      const { size } = info;
      const out = new Uint8Array(new SharedArrayBuffer(size));
      for (let at = 0; at < size; ) {
        const { bytesRead } = await file.read(out, at, Math.min(SHARED_AT_ONCE, size - at), at);
        if (!bytesRead) throw new InputError(`${path}: truncated: ${at} of ${size} bytes are there`);
        at += bytesRead;
      }
      return out;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readError(path, error);
  }
}

function check(info: Stats, most: number, label: string): void {
  if (!info.isFile()) throw new InputError(`${label}: not a regular file`);
  if (info.size > most) throw new InputError(`${label}: ${info.size} bytes, more than the limit of ${most}`);
}
