// Storage over a folder of the file system. A write is: temporary file in the same
// folder, flush, rename, flush the folder; a killed process leaves at most a temporary
// file, which the next writer removes.
import * as fsp from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { CurvesaeError, InputError } from '../core/errors.js';
import { makeFolder, removeMade } from './make-folder.node.js';
import { cutPieces, watched } from './pieces.js';
import { NotWritable, type Storage } from './storage.js';

/** The file operations used here, so that tests can make the n-th one fail. */
export type FileSystem = Pick<
  typeof fsp,
  'open' | 'rename' | 'unlink' | 'mkdir' | 'rmdir' | 'readdir' | 'readFile' | 'stat'
>;

const TEMPORARY = /^\.(.+)\.(\d+)-\d+\.tmp$/;
const LOCK = '.lock';
/** Node reads less than 2 GiB in one. */
export const AT_ONCE = 1024 ** 3;
/** Makes temporary names differ within this process. */
let writes = 0;
/** Serials of the locks that this thread holds: one whose file could not be removed is known to be over. */
const held = new Set<number>();

export function nodeStorage(dir: string, fs: FileSystem = fsp): Storage {
  const path = (name: string): string => {
    if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name))
      throw new InputError(`${dir}: '${name.slice(0, 100)}' is not a file name`);
    return join(dir, name);
  };
  const storage: Storage = {
    label: dir,
    async read(name) {
      try {
        const info = await fs.stat(path(name));
        if (!info.isFile()) throw notRegular(path(name));
        if (info.size > AT_ONCE) return await storage.readRange(name, 0, info.size);
        const { buffer, byteOffset, byteLength } = await fs.readFile(path(name));
        // A copy only where Node took it from a buffer that others share.
        return byteLength === buffer.byteLength
          ? new Uint8Array(buffer as ArrayBuffer)
          : new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice();
      } catch (error) {
        throw readError(path(name), error);
      }
    },
    async readRange(name, offset, length) {
      let file: fsp.FileHandle;
      try {
        if (!(await fs.stat(path(name))).isFile()) throw notRegular(path(name));
        file = await fs.open(path(name), 'r');
      } catch (error) {
        throw readError(path(name), error);
      }
      try {
        const out = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await file.read(out, done, Math.min(AT_ONCE, length - done), offset + done);
          if (bytesRead === 0)
            throw new InputError(
              `${path(name)}: truncated: ${length} bytes wanted at ${offset}, ${done} are there`,
            );
          done += bytesRead;
        }
        return out;
      } catch (error) {
        throw readError(path(name), error);
      } finally {
        await file.close();
      }
    },
    async size(name) {
      try {
        return (await fs.stat(path(name))).size;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw readError(path(name), error);
      }
    },
    async write(name, data) {
      const target = path(name);
      const temporary = join(dir, `.${name}.${process.pid}-${writes++}.tmp`);
      let made: string[] = [];
      const { content, isOfContent } = watched(data);
      try {
        made = await makeFolder(dir, fs);
        const file = await fs.open(temporary, 'w');
        try {
          let at = 0;
          for await (const piece of cutPieces(content)) {
            await writeAll(file, piece, at);
            at += piece.byteLength;
          }
          await file.sync();
        } finally {
          await file.close();
        }
        await fs.rename(temporary, target);
        await flushFolder(fs, dir);
      } catch (error) {
        await fs.unlink(temporary).catch(() => {});
        await removeMade(made, fs);
        throw isOfContent(error) ? error : writeError(target, error);
      }
    },
    async list() {
      let names: string[];
      try {
        names = await fs.readdir(dir);
      } catch (error) {
        if (isMissing(error)) return [];
        throw readError(dir, error);
      }
      return names.filter((n) => !TEMPORARY.test(n) && n !== LOCK).sort();
    },
    async remove(name) {
      await fs.unlink(path(name)).catch((error) => {
        if (!isMissing(error)) throw writeError(path(name), error);
      });
    },
    sub: (name) => nodeStorage(path(name), fs),
    lock: () => lock(dir, fs),
  };
  return storage;
}

async function writeAll(file: fsp.FileHandle, bytes: Uint8Array, at = 0): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at + done);
    if (bytesWritten === 0) throw Object.assign(new Error('short write'), { code: 'EIO' });
    done += bytesWritten;
  }
}

// A rename is durable once its folder is flushed. Windows has no such call and needs none.
async function flushFolder(fs: FileSystem, dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(dir, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot flush a folder; the rename itself is done.
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

interface LockOwner {
  pid: number;
  host: string;
  /** Start of the owner in clock ticks since boot: a reused pid has another. */
  started: string;
  /** These tell the locks of one process apart. */
  thread: number;
  serial: number;
}

/** How long a lock that was taken over must stay one's own before it counts. */
const SETTLE_MS = 60;

/** One process per folder; made for it, the folder goes with it where nothing is left in it. A lock whose owner is dead, or whose pid is another process now, is taken over. */
async function lock(dir: string, fs: FileSystem): Promise<() => Promise<void>> {
  const file = join(dir, LOCK);
  const own: LockOwner = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid, fs),
    thread: threadId,
    serial: writes++,
  };
  held.add(own.serial);
  const mine = async () => same(await ownerOf(file, fs), own);
  const made: string[] = [];
  // Only one's own is removed: who took this process for dead may hold it by now.
  const release = async () => {
    held.delete(own.serial);
    // Twice, as the first time may meet a fault that passes.
    for (let attempt = 0; attempt < 2; attempt++) if (await mine()) await fs.unlink(file).catch(() => {});
    await removeMade(made, fs);
  };
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      made.push(...(await makeFolder(dir, fs)));
      const created = await createLock(file, own, fs);
      if (created === undefined) continue;
      if (!created) {
        const owner = await settledOwner(file, fs);
        if (owner && (await isAlive(owner, fs)))
          throw new CurvesaeError(
            `${dir}: in use by process ${owner.pid} on ${owner.host}; wait for it, or choose another folder`,
          );
        await takeOver(dir, owner, own, fs);
        if (!(await mine())) continue;
      }
      await removeStaleTemporaries(dir, fs);
      return release;
    }
  } catch (error) {
    await release();
    throw writeError(file, error);
  }
  await release();
  throw new CurvesaeError(`${dir}: other processes keep taking the lock; try again`);
}

/** False where there is a lock already; undefined where the folder has gone, which who made it may take away. */
async function createLock(file: string, own: LockOwner, fs: FileSystem): Promise<boolean | undefined> {
  let handle: fsp.FileHandle;
  try {
    handle = await fs.open(file, 'wx');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    await writeAll(handle, new TextEncoder().encode(JSON.stringify(own)));
  } catch (error) {
    await fs.unlink(file).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
  return true;
}

/** The owner; a lock without one gets a moment, as its process may be writing it right now. */
async function settledOwner(file: string, fs: FileSystem): Promise<LockOwner | undefined> {
  for (let i = 0; i < 5; i++) {
    const owner = await ownerOf(file, fs);
    if (owner) return owner;
    await sleep(20);
  }
  return undefined;
}

/**
 * Replaces a dead owner's lock by one's own. Several processes may do so at the same time:
 * the last one's stays, and each looks again, after a moment, whose it is.
 */
async function takeOver(
  dir: string,
  dead: LockOwner | undefined,
  own: LockOwner,
  fs: FileSystem,
): Promise<void> {
  const file = join(dir, LOCK);
  const temporary = join(dir, `.lock.${process.pid}-${writes++}.tmp`);
  try {
    await createLock(temporary, own, fs);
    const now = await ownerOf(file, fs);
    if (now && !same(now, dead)) return; // another process was faster
    await fs.rename(temporary, file);
    await sleep(SETTLE_MS);
  } finally {
    await fs.unlink(temporary).catch(() => {});
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const same = (a: LockOwner | undefined, b: LockOwner | undefined): boolean =>
  a?.pid === b?.pid &&
  a?.host === b?.host &&
  a?.started === b?.started &&
  a?.thread === b?.thread &&
  a?.serial === b?.serial;

async function ownerOf(file: string, fs: FileSystem): Promise<LockOwner | undefined> {
  try {
    const owner = JSON.parse(String(await fs.readFile(file))) as LockOwner;
    return Number.isInteger(owner.pid) && typeof owner.host === 'string' ? owner : undefined;
  } catch {
    return undefined; // half-written by a process that was killed
  }
}

async function isAlive(owner: LockOwner, fs: FileSystem): Promise<boolean> {
  if (owner.host !== hostname()) return true; // cannot be asked from here: trust it
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (owner.started !== (await startOf(owner.pid, fs))) return false;
  return owner.pid !== process.pid || owner.thread !== threadId || held.has(owner.serial);
}

async function startOf(pid: number, fs: FileSystem): Promise<string> {
  try {
    const line = String(await fs.readFile(`/proc/${pid}/stat`));
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19]; // field 22, starttime (proc(5))
  } catch {
    return ''; // no /proc: the pid alone decides
  }
}

async function removeStaleTemporaries(dir: string, fs: FileSystem): Promise<void> {
  for (const name of await fs.readdir(dir)) {
    const match = TEMPORARY.exec(name);
    if (match && Number(match[2]) !== process.pid) await fs.unlink(join(dir, name)).catch(() => {});
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Opening a pipe waits for who writes into it. */
const notRegular = (file: string): Error => new InputError(`${file}: not a regular file`);

/** What to throw for an error met in reading. */
export function readError(file: string, error: unknown): Error {
  if (error instanceof CurvesaeError) return error;
  if (isMissing(error)) return new InputError(`${file}: no such file`, { cause: error });
  if (error instanceof RangeError)
    return new InputError(`${file}: is more than this program can hold in memory in one`, { cause: error });
  return new InputError(`${file}: cannot be read (${explain(error)})`, { cause: error });
}

function writeError(file: string, error: unknown): Error {
  if (error instanceof CurvesaeError) return error;
  const Kind = READ_ONLY.has((error as NodeJS.ErrnoException).code ?? '') ? NotWritable : CurvesaeError;
  return new Kind(`${file}: cannot be written (${explain(error)}); nothing that was there before is lost`, {
    cause: error,
  });
}

const READ_ONLY: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space and run again',
  EDQUOT: 'the disk quota is used up: free some space and run again',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file is larger than the file system or this shell allows (ulimit -f)',
  EMFILE: 'too many open files in this process: raise the limit (ulimit -n)',
  ENFILE: 'too many open files in this system',
  EIO: 'the disk or the network reports an error',
  EISDIR: 'it is a folder',
  ENOENT: 'no folder can be made there',
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
  ENAMETOOLONG: 'the path is too long',
};

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return systemReason(error) ?? code ?? message;
}

/** What an error of the system means; undefined where it is none that is known. */
export function systemReason(error: unknown): string | undefined {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
}
