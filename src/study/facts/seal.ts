// Whole or not at all: the index is written last, with the hash of every file; data whose
// files are not as they were written are made again.
import { canonicalJson, sha256 } from '../../core/hash.js';
import { digestOfFile } from '../../formats/file-pieces.js';
import type { Storage } from '../../formats/storage.js';
import { INDEX_FILE } from './format.js';

export const SEAL_FILE = 'files.json';

export interface Seal {
  /** digestOfFile by name; `pictures/` for those of the folder. */
  files: Record<string, string>;
  checksum: string;
}

/** What every index says of its data. */
export interface Sealed {
  format: string;
  version: number;
  /** Of what made the data. */
  hash: string;
}

export async function sealed(storage: Storage, index: Sealed): Promise<void> {
  await storage.write(INDEX_FILE, JSON.stringify(index));
  const files: Record<string, string> = {};
  await each(storage, async (name, digest) => {
    files[name] = digest;
  });
  await storage.write(SEAL_FILE, JSON.stringify({ files, checksum: await sha256(canonicalJson(files)) }));
}

/** The index of data that are whole; undefined where there are none, or they are not. */
export async function verified<T extends Sealed>(
  storage: Storage,
  { format, version, hash }: Sealed,
): Promise<T | undefined> {
  try {
    const seal = await readJson<Seal>(storage, SEAL_FILE);
    if (seal.checksum !== (await sha256(canonicalJson(seal.files)))) return undefined;
    let intact = 0;
    await each(storage, async (name, digest) => {
      if (seal.files[name] === digest) intact++;
    });
    if (intact !== Object.keys(seal.files).length) return undefined;
    const index = await readJson<T>(storage, INDEX_FILE);
    const ours = index.format === format && index.version === version && index.hash === hash;
    return ours ? index : undefined;
  } catch {
    return undefined; // not there, cut short or not ours: made again
  }
}

async function readJson<T>(storage: Storage, name: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await storage.read(name))) as T;
}

async function each(storage: Storage, visit: (name: string, digest: string) => Promise<void>): Promise<void> {
  for (const name of await storage.list())
    if (name !== SEAL_FILE && name !== 'pictures') await visit(name, await digestOfFile(storage, name));
  const pictures = storage.sub('pictures');
  for (const name of await pictures.list())
    await visit(`pictures/${name}`, await digestOfFile(pictures, name));
}
