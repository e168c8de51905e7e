// Digests (SHA-256) of the files of a folder that was finished, in a file beside them, so that those keep the bytes
// that others expect of them. A folder without it (of an older version, or made elsewhere) is taken as it is.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { digestOfFile } from './file-pieces.js';
import { parseJsonObject } from './json.js';
import { type Content, digestOfContent } from './pieces.js';
import type { Readable, Storage } from './storage.js';

export const CHECKSUMS_FILE = 'checksums.json';
const FORMAT = 'curvesae-checksums';

/** A file is not as it was written. */
export class DamagedFile extends InputError {}

type Files = Record<string, Content>;

/** What these files hold must be found again. */
export async function writeChecksums(storage: Storage, files: Files): Promise<void> {
  const sums: Record<string, string> = {};
  for (const [name, data] of Object.entries(files)) sums[name] = await digestOfContent(data);
  const checksum = await sha256(canonicalJson(sums));
  await storage.write(
    CHECKSUMS_FILE,
    `${JSON.stringify({ format: FORMAT, files: sums, checksum }, null, 1)}\n`,
  );
}

/** Writes files in their order; the last one, with which the folder is finished, comes after the checksums. */
export async function writeFinished(storage: Storage, files: Files): Promise<void> {
  const entries = Object.entries(files);
  const last = entries.pop();
  for (const [name, data] of entries) await storage.write(name, data);
  await writeChecksums(storage, files);
  if (last) await storage.write(...last);
}

/** Digests (digestOfContent) by name; undefined where the folder has none. */
async function readChecksums(
  storage: Readable,
  remedy?: string,
): Promise<Record<string, string> | undefined> {
  if ((await storage.size(CHECKSUMS_FILE)) === undefined) return undefined;
  const bytes = await storage.read(CHECKSUMS_FILE);
  try {
    const { format, files, checksum } = parseJsonObject(bytes, CHECKSUMS_FILE);
    if (format === FORMAT && files && checksum === (await sha256(canonicalJson(files))))
      return files as Record<string, string>;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  throw damaged(storage, CHECKSUMS_FILE, remedy);
}

const damaged = ({ label }: Readable, name: string, remedy?: string): DamagedFile =>
  new DamagedFile(`${label}/${name}: is not as it was written (checksum)${remedy ? `; ${remedy}` : ''}`);

/** The files that a finished folder was written with, in their order; undefined where it says nothing of them that can be read. */
export const finishedFiles = (storage: Readable): Promise<string[] | undefined> =>
  readChecksums(storage).then(
    (sums) => sums && Object.keys(sums),
    (error) => {
      if (error instanceof InputError) return undefined;
      throw error;
    },
  );

/** Which file (of `names`, or any) is not as it was written; undefined where all are that are there. */
export async function damageOf(storage: Readable, names?: readonly string[]): Promise<string | undefined> {
  try {
    const sums = await readChecksums(storage);
    if (!sums) return undefined;
    const files = checked(storage, sums);
    for (const name of names ?? Object.keys(sums))
      if ((await storage.size(name)) !== undefined) await files.check(name);
  } catch (error) {
    if (error instanceof DamagedFile) return error.message;
    throw error;
  }
  return undefined;
}

/** The folder to read from: of a file that is not as it was written, DamagedFile with `remedy`. */
export async function verified(storage: Readable, remedy: string): Promise<Readable> {
  const sums = await readChecksums(storage, remedy);
  return sums ? checked(storage, sums, remedy) : storage;
}

function checked(
  storage: Readable,
  sums: Record<string, string>,
  remedy?: string,
): Readable & { check(name: string): Promise<void> } {
  const whole = new Map<string, Promise<void>>();
  const compare = (name: string, digest: string) => {
    if (digest !== sums[name]) throw damaged(storage, name, remedy);
  };
  const check = async (name: string) => {
    if (Object.hasOwn(sums, name)) compare(name, await digestOfFile(storage, name));
  };
  return {
    label: storage.label,
    size: (name) => storage.size(name),
    check,
    read: async (name) => {
      const bytes = await storage.read(name);
      if (Object.hasOwn(sums, name)) compare(name, await digestOfContent(bytes));
      return bytes;
    },
    /** The whole file is checked before the first of its ranges. */
    readRange: async (name, offset, length) => {
      if (!whole.has(name)) whole.set(name, check(name));
      await whole.get(name);
      return storage.readRange(name, offset, length);
    },
  };
}
