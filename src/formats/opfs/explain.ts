// Errors of the browser's storage as one line that says what to do, and how full it is.
import { CurvesaeError, InputError, StorageFullError, UnsupportedError } from '../../core/errors.js';
import { isMissing, nameOf } from './handles.js';

export interface StorageSpace {
  /** Bytes that this site holds in the browser, and may hold: the browser's own estimates. */
  used: number;
  quota: number;
  /** The browser asks before it deletes what this site holds. */
  persistent: boolean;
}

/** How full the browser's storage for this site is; undefined where the browser does not tell. */
export async function storageSpace(): Promise<StorageSpace | undefined> {
  try {
    const { usage, quota } = await navigator.storage.estimate();
    if (usage === undefined || quota === undefined) return undefined;
    return { used: usage, quota, persistent: await navigator.storage.persisted() };
  } catch {
    return undefined;
  }
}

/**
 * Asks the browser not to delete what this site holds when the disk runs full. On a page, not
 * in a worker; some browsers ask the user. False: it may still be deleted.
 */
export async function requestPersistence(): Promise<boolean> {
  return (await navigator.storage?.persist?.().catch(() => false)) ?? false;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;

export function readError(where: string, error: unknown): Error {
  if (error instanceof CurvesaeError) return error;
  if (isMissing(error)) return new InputError(`${where}: no such file`, { cause: error });
  if (nameOf(error) === 'TypeMismatchError')
    return new InputError(`${where}: is a folder, not a file`, { cause: error });
  return new InputError(`${where}: cannot be read (${reasonOf(error)})`, { cause: error });
}

export async function writeError(where: string, error: unknown, bytes: number): Promise<Error> {
  if (error instanceof CurvesaeError) return error;
  const name = nameOf(error);
  if (name === 'QuotaExceededError') {
    const state = fullness(await storageSpace(), bytes);
    return new StorageFullError(
      `${where}: the browser's storage for this site is full: ${megabytes(bytes)} wanted, ${state}; ` +
        'delete runs that are no longer needed, or free disk space, and start again: what was saved is kept',
      { cause: error },
    );
  }
  const reason =
    name === 'NoModificationAllowedError'
      ? 'another tab or worker has it open; close it and try again'
      : name === 'TypeMismatchError'
        ? 'a folder has this name'
        : reasonOf(error);
  return new CurvesaeError(`${where}: cannot be written: ${reason}`, { cause: error });
}

/** Browsers hide how full the disk is: an estimate may promise room that is not there. */
function fullness(space: StorageSpace | undefined, wanted: number): string {
  if (!space) return 'the browser does not say how much is used';
  const free = Math.max(0, space.quota - space.used);
  const state = `${megabytes(space.used)} used of ${megabytes(space.quota)}, ${megabytes(free)} free`;
  return free < wanted ? state : `${state} by its estimate, so the disk itself is probably full`;
}

/** Where the browser has no private file system for this page. */
export function unavailable(cause?: unknown): UnsupportedError {
  return new UnsupportedError(
    `this page has no private file system${cause ? ` (${reasonOf(cause)})` : ''}: ` +
      'serve it over https: or from localhost, outside private windows, and allow this site to keep data',
    { cause },
  );
}

const reasonOf = (error: unknown): string =>
  error instanceof Error || nameOf(error) ? `${nameOf(error)}: ${(error as Error).message}` : String(error);
