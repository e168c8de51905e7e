// Digests (docs/formats.md) of the files of a folder that was finished, in a file beside them, so that those keep the bytes
// that others expect of them. A folder without it (of an older version, or made elsewhere) is taken as it is.
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { digestOfFile } from './file-pieces.js';
import { parseJsonObject } from './json.js';
import { type Content, digestOfContent } from './pieces.js';
import type { Storage } from './storage.js';

export const CHECKSUMS_FILE = 'checksums.json';
const FORMAT = 'curvesae-checksums';

/** A file is not as it was written. */
export class DamagedFile extends InputError {}

type Files = Record<string, Content>;
/** What is read of a folder. */
export type Readable = Pick<Storage, 'label' | 'size' | 'read' | 'readRange'>;

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

/** Digests by name; undefined where the folder has none. */
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

/** Which file (of `names`, or any) is not as it was written; undefined where all are that are there. */
export async function damageOf(storage: Readable, names?: readonly string[]): Promise<string | undefined> {
  try {
    const sums = await readChecksums(storage);
    if (!sums) return undefined;
    for (const name of names ?? Object.keys(sums))
      if ((await storage.size(name)) !== undefined) await check(storage, sums, name);
  } catch (error) {
    if (error instanceof DamagedFile) return error.message;
    throw error;
  }
  return undefined;
}

/** The folder to read from: of a file that is not as it was written, DamagedFile with `remedy`. */
export async function verified(storage: Readable, remedy: string): Promise<Readable> {
  const sums = await readChecksums(storage, remedy);
  if (!sums) return storage;
  const whole = new Map<string, Promise<void>>();
  const checked = async (name: string): Promise<void> => {
    if (!whole.has(name)) whole.set(name, check(storage, sums, name, remedy));
    await whole.get(name);
  };
  return {
    label: storage.label,
    size: (name) => storage.size(name),
    read: async (name) => {
      await checked(name);
      return storage.read(name);
    },
    readRange: async (name, begin, length) => {
      await checked(name);
      return storage.readRange(name, begin, length);
    },
  };
}

async function check(
  storage: Readable,
  sums: Record<string, string>,
  name: string,
  remedy?: string,
): Promise<void> {
  if (Object.hasOwn(sums, name) && (await digestOfFile(storage, name)) !== sums[name])
    throw damaged(storage, name, remedy);
}
