// A folder on a web server, to read from. Each file is fetched once; what the server answers with a page
// (as servers of single-page apps do for every address) counts as not there.
import { InputError, UnsupportedError } from '../core/errors.js';
import { checkSecure, type DownloadOptions, download, HttpError } from './download.js';
import type { Storage } from './storage.js';

const ADVICE = 'check the URL';

/**
 * The folder at `url`. Its names cannot be listed. UsageError where it is neither https nor of this
 * machine: what is read is not pinned by a digest.
 */
export function httpStorage(url: string, options: Pick<DownloadOptions, 'signal' | 'maxBytes'>): Storage {
  const base = url.replace(/\/?$/, '/');
  checkSecure(base, false);
  const files = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();
  const fetched = (name: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const known = files.get(name);
    if (known) return known;
    const file = download(new URL(encodeURIComponent(name), base).href, { ...options, advice: ADVICE }).catch(
      (error) => {
        if (error instanceof HttpError && (error.status === 404 || error.status === 200)) return undefined;
        files.delete(name);
        throw error;
      },
    );
    files.set(name, file);
    return file;
  };
  const readOnly = async (): Promise<never> => {
    throw new UnsupportedError(
      `${base}: a web server's folder cannot be written to; write to a folder of yours`,
    );
  };
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await fetched(name);
    if (!bytes) throw new InputError(`${base}${name}: is not there; ${ADVICE}`);
    return bytes;
  };
  return {
    label: base.slice(0, -1),
    read,
    readRange: async (name, offset, length) => {
      const bytes = await read(name);
      if (offset + length > bytes.length)
        throw new InputError(`${base}${name}: truncated: ${length} bytes wanted at ${offset}`);
      return bytes.slice(offset, offset + length);
    },
    size: async (name) => (await fetched(name))?.length,
    list: async () => [],
    sub: (name) => httpStorage(new URL(`${encodeURIComponent(name)}/`, base).href, options),
    write: readOnly,
    remove: readOnly,
    lock: readOnly,
  };
}
