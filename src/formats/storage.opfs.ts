// Storage on the browser's Origin Private File System: files of this site that only it sees
// and that survive closing the tab. In a dedicated worker files are written through
// synchronous handles, elsewhere through streams; how a file is replaced is in opfs/replace.ts.
import { CurvesaeError, InputError, UnsupportedError } from '../core/errors.js';
import { readError, unavailable, writeError } from './opfs/explain.js';
import { type Folder, isMissing, nameOf } from './opfs/handles.js';
import { cleanUp, currentFile, isReserved, removeFile, replaceFile, visibleNames } from './opfs/replace.js';
import { watched } from './pieces.js';
import type { Storage } from './storage.js';

/** A tab that was just closed or reloaded gives its locks back within moments. */
const LOCK_PATIENCE_MS = 1500;

/** The folder `path` (names separated by /) of this site's private file system; made on first write. */
export function opfsStorage(path: string): Storage {
  return storageAt(
    path
      .split('/')
      .filter(Boolean)
      .map((name) => checked(name, path)),
  );
}

/** Removes a folder with everything in it; no error where there is none. */
export async function removeOpfsFolder(path: string): Promise<void> {
  const parts = path.split('/').filter(Boolean);
  const name = checked(parts.pop() ?? '', path);
  try {
    const parent = await open(parts, false);
    await parent?.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw await writeError(`opfs:/${path}`, error, 0);
  }
}

/** Whether a tab or worker of this site holds the lock of the folder `path`. */
export async function isOpfsLocked(path: string): Promise<boolean> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return held.some((lock) => lock.name === lockName(labelOf(path.split('/').filter(Boolean))));
}

const labelOf = (parts: readonly string[]): string => `opfs:/${parts.join('/')}`;
const lockName = (label: string): string => `curvesae ${label}`;

function storageAt(parts: readonly string[]): Storage {
  const label = labelOf(parts);
  const file = (name: string): string => {
    checked(name, label);
    if (isReserved(name)) throw new InputError(`${label}: '${name}' is a name that the storage itself uses`);
    return name;
  };
  const look = async (name: string): Promise<File> => {
    const folder = await open(parts, false);
    if (!folder) throw new DOMException(`${label} is not there`, 'NotFoundError');
    return currentFile(folder, file(name));
  };
  /** Another tab may replace the file between looking and reading: then look again. */
  const reading = async <T>(name: string, use: (file: File) => Promise<T>): Promise<T> => {
    for (let attempt = 0; ; attempt++)
      try {
        return await use(await look(name));
      } catch (error) {
        if (nameOf(error) !== 'NotReadableError' || attempt > 2) throw readError(`${label}/${name}`, error);
      }
  };
  return {
    label,
    read: (name) => reading(name, async (f) => new Uint8Array(await f.arrayBuffer())),
    readRange: (name, offset, length) =>
      reading(name, async (f) => {
        const part = new Uint8Array(await f.slice(offset, offset + length).arrayBuffer());
        if (part.length < length)
          throw new InputError(
            `${label}/${name}: truncated: ${length} bytes wanted at ${offset}, ${part.length} are there`,
          );
        return part;
      }),
    async size(name) {
      try {
        return (await look(name)).size;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw readError(`${label}/${name}`, error);
      }
    },
    async write(name, data) {
      file(name);
      const { content, isOfContent } = watched(data);
      try {
        await replaceFile((await open(parts, true))!, name, content);
      } catch (error) {
        throw isOfContent(error) ? error : await writeError(`${label}/${name}`, error, content.size);
      }
    },
    async list() {
      const entries: string[] = [];
      try {
        const folder = await open(parts, false);
        if (folder) for await (const entry of folder.keys()) entries.push(entry);
      } catch (error) {
        throw readError(label, error);
      }
      return visibleNames(entries);
    },
    async remove(name) {
      file(name);
      try {
        const folder = await open(parts, false);
        if (folder) await removeFile(folder, name);
      } catch (error) {
        throw await writeError(`${label}/${name}`, error, 0);
      }
    },
    sub: (name) => storageAt([...parts, file(name)]),
    lock: () => lock(parts, label),
  };
}

function checked(name: string, where: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name))
    throw new InputError(`${where}: '${name.slice(0, 100)}' is not a file name`);
  return name;
}

/** The folder, or undefined where it does not exist. */
async function open(parts: readonly string[], create: boolean): Promise<Folder | undefined> {
  let folder: Folder;
  try {
    folder = (await navigator.storage.getDirectory()) as unknown as Folder;
  } catch (error) {
    throw unavailable(error);
  }
  for (const part of parts) {
    try {
      folder = await folder.getDirectoryHandle(part, { create });
    } catch (error) {
      if (!create && isMissing(error)) return undefined;
      throw error;
    }
  }
  return folder;
}

/** The browser itself takes the lock from a tab or worker that ends, however it ends. */
async function lock(parts: readonly string[], label: string): Promise<() => Promise<void>> {
  const { locks } = navigator;
  if (!locks)
    throw new UnsupportedError(
      `${label}: this browser cannot lock a folder (Web Locks), so two tabs could damage it; use a newer browser`,
    );
  const release = await new Promise<() => Promise<void>>((resolve, reject) => {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), LOCK_PATIENCE_MS);
    const held = locks.request(lockName(label), { signal: waiting.signal }, async () => {
      clearTimeout(timer);
      await new Promise<void>((free) => {
        resolve(async () => {
          free();
          await held;
        });
      });
    });
    held.catch((cause) => {
      clearTimeout(timer);
      reject(
        waiting.signal.aborted
          ? new CurvesaeError(
              `${label}: in use by another tab or worker of this site; close it or wait for it, or choose another folder`,
              { cause },
            )
          : unavailable(cause),
      );
    });
  });
  try {
    const folder = await open(parts, false);
    if (folder) await cleanUp(folder);
  } catch (error) {
    await release();
    throw await writeError(label, error, 0);
  }
  return release;
}
