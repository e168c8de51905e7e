// The activation store: manifest.json + shards (docs/formats.md). A folder is named by
// the hash of its recipe, so that another model, image set, tap or sampling is another store.
import { InputError, shown } from '../core/errors.js';
import { canonicalJson, sha256, shortHash } from '../core/hash.js';
import { DamagedFile } from '../formats/checksums.js';
import { asF32 } from '../formats/dtypes.js';
import { parseJsonObject } from '../formats/json.js';
import { parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import type { Metadata } from './metadata.js';
import type { Split, StoreRecipe, VectorSource } from './types.js';

export const STORE_FORMAT = 'curvesae-activations';
export const STORE_VERSION = 1;
const MANIFEST = 'manifest.json';
/** Shards are written and read in one; memory is planned by what the manifest counts. */
const LARGEST_SHARD = 2 ** 31 - 1;

export const GROUPS = ['train', 'heldout', 'reference'] as const;
export type Group = (typeof GROUPS)[number];

export interface ShardEntry {
  file: string;
  bytes: number;
  sha256: string;
  /** Rows per group. */
  rows: Record<Group, number>;
  failures: ImageFailure[];
}

export interface Manifest {
  format: typeof STORE_FORMAT;
  version: number;
  hash: string;
  recipe: StoreRecipe;
  dIn: number;
  /** Images listed; those in `failures` of a shard gave no vectors. */
  images: number;
  imagesPerShard: number;
  complete: boolean;
  shards: ShardEntry[];
  /** Wall time spent, over all runs that wrote shards. */
  seconds: number;
}

/** A store's file by its number. */
export const shardFile = (index: number): string => `shard-${String(index).padStart(5, '0')}.safetensors`;

export const storeName = (recipe: StoreRecipe): Promise<string> => shortHash(recipe);

/** Every tenth image is held out; of two to nine images the last one; of one image none. */
export function isHeldOut(image: number, images: number): boolean {
  return images >= 10 ? image % 10 === 9 : images > 1 && image === images - 1;
}

export async function readManifest(storage: Storage): Promise<Manifest | undefined> {
  if ((await storage.size(MANIFEST)) === undefined) return undefined;
  const remedy = 'remove the folder and extract again';
  const manifest = parseJsonObject(await storage.read(MANIFEST), `${storage.label}: ${MANIFEST}`, remedy);
  const { checksum, ...content } = manifest as unknown as Manifest & { checksum?: string };
  if (content.format !== STORE_FORMAT) throw new InputError(`${storage.label}: not an activation store`);
  if (content.version !== STORE_VERSION)
    throw new InputError(
      `${storage.label}: store version ${shown(content.version)}, this program reads ${STORE_VERSION}; extract again`,
    );
  if (checksum !== (await sha256(canonicalJson(content))))
    throw new DamagedFile(`${storage.label}: ${MANIFEST} is corrupt (checksum); ${remedy}`);
  if (!isWhole(content))
    throw new InputError(
      `${storage.label}: ${MANIFEST} lacks fields, or they contradict each other; ${remedy}`,
    );
  return content;
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
const isText = (s: unknown): boolean => typeof s === 'string';

/** A checksum can be made for anything: the fields that are used must be there, and rows fit their shard. */
function isWhole({ dIn, hash, shards, recipe, images, imagesPerShard, seconds }: Manifest): boolean {
  const model = recipe?.model;
  return (
    isCount(dIn) &&
    dIn > 0 &&
    [
      hash,
      recipe?.tap,
      recipe?.images,
      recipe?.numerics,
      model?.name,
      model?.architecture,
      model?.sha256,
    ].every(isText) &&
    [recipe?.inputSize, recipe?.perImage, recipe?.reference, images, imagesPerShard].every(isCount) &&
    typeof seconds === 'number' &&
    Array.isArray(shards) &&
    shards.every((shard) => isWholeShard(shard, dIn))
  );
}

const isWholeShard = (s: ShardEntry | null | undefined, dIn: number): boolean =>
  isText(s?.file) &&
  isText(s?.sha256) &&
  isCount(s?.bytes) &&
  s.bytes <= LARGEST_SHARD &&
  Array.isArray(s?.failures) &&
  s.failures.every((f: ImageFailure | null) => isText(f?.name) && isText(f?.reason)) &&
  GROUPS.every((g) => isCount(s.rows?.[g])) &&
  4 * dIn * GROUPS.reduce((n, g) => n + s.rows[g], 0) <= s.bytes;

export async function writeManifest(storage: Storage, manifest: Manifest): Promise<void> {
  const checksum = await sha256(canonicalJson(manifest));
  await storage.write(MANIFEST, `${JSON.stringify({ ...manifest, checksum }, null, 1)}\n`);
}

/** The store at `storage`, or the only one in it. InputError: none, several, or unfinished. */
export async function openStore(storage: Storage): Promise<{ storage: Storage; manifest: Manifest }> {
  const own = await readManifest(storage);
  if (own) return finished(storage, own);
  const found: { storage: Storage; manifest: Manifest }[] = [];
  for (const name of await storage.list()) {
    if (!/^[0-9a-f]{16}$/.test(name)) continue;
    const inner = storage.sub(name);
    const manifest = await readManifest(inner);
    if (manifest) found.push({ storage: inner, manifest });
  }
  if (!found.length)
    throw new InputError(`${storage.label}: no activation store here; make one with curvesae activations`);
  if (found.length > 1)
    throw new InputError(
      `${storage.label}: holds ${found.length} stores; give one: ${found.map((f) => `${f.storage.label} (${f.manifest.recipe.tap})`).join(', ')}`,
    );
  return finished(found[0].storage, found[0].manifest);
}

function finished(storage: Storage, manifest: Manifest): { storage: Storage; manifest: Manifest } {
  if (!manifest.complete)
    throw new InputError(
      `${storage.label}: extraction was not finished; repeat the curvesae activations command to resume it`,
    );
  return { storage, manifest };
}

/** Reads a shard and verifies its checksum. */
export async function readShard(storage: Storage, entry: ShardEntry): Promise<Uint8Array> {
  const bytes = await storage.read(entry.file);
  if (bytes.byteLength !== entry.bytes || (await sha256(bytes)) !== entry.sha256)
    throw new DamagedFile(
      `${storage.label}/${entry.file}: corrupt (checksum differs); repeat the curvesae activations command to make this shard again`,
    );
  return bytes;
}

/** Vectors that were opened: a store, or a matrix. */
export interface Vectors {
  /** Identity of the data without the split. */
  hash: string;
  /** Of a store: what is in it, and its folder. */
  manifest?: Manifest;
  storage?: Storage;
  /** What was done to a file's array, to be told. */
  note?: string;
  /** Of documents that have them: their ids, in the order of the rows, and their records. */
  ids?: readonly string[];
  metadata?(): Promise<Metadata>;
  source(split: Split): VectorSource;
}

export const storeAsVectors = (
  storage: Storage,
  manifest: Manifest,
  read: ReadShard = keptShards(storage),
) => ({
  hash: manifest.hash,
  manifest,
  storage,
  source: (split: Split): VectorSource => storeVectors(storage, manifest, split, read),
});

/** Bytes of a store's shards that are kept once they are read and verified: stages read a small store twenty times. */
const KEPT_BYTES = 128 * 2 ** 20;

/** Shards as they are in their files, for whoever only reads them. */
export type ReadShard = (entry: ShardEntry) => Promise<Uint8Array>;

export interface ShardReader {
  (entry: ShardEntry): Promise<Uint8Array>;
  /** Bytes that were just written, or read and verified: they need not be read again. */
  keep(entry: ShardEntry, bytes: Uint8Array): void;
}

/** Reads shards and keeps those that come first, as long as there is room. */
export function keptShards(storage: Storage): ShardReader {
  const kept = new Map<string, Promise<Uint8Array>>();
  let room = KEPT_BYTES;
  const keep = ({ file, bytes }: ShardEntry, content: Promise<Uint8Array>) => {
    if (bytes > room || kept.has(file)) return;
    room -= bytes;
    kept.set(file, content);
    content.catch(() => {
      kept.delete(file); // it may have been mended when it is asked for again
      room += bytes;
    });
  };
  const reader = (entry: ShardEntry): Promise<Uint8Array> => {
    const known = kept.get(entry.file);
    if (known) return known;
    const content = readShard(storage, entry);
    keep(entry, content);
    return content;
  };
  return Object.assign(reader, {
    keep: (entry: ShardEntry, bytes: Uint8Array) => keep(entry, Promise.resolve(bytes)),
  });
}

/** Rows of one split as a VectorSource. Shards without a row of it are left out. */
export function storeVectors(
  storage: Storage,
  manifest: Manifest,
  split: Split,
  read: ReadShard = keptShards(storage),
): VectorSource {
  const groups: Group[] = split === 'all' ? ['train', 'heldout'] : [split];
  const rowsOf = (entry: ShardEntry) => groups.reduce((n, g) => n + entry.rows[g], 0);
  const entries = manifest.shards.filter((entry) => rowsOf(entry) > 0);
  const d = manifest.dIn;
  return {
    d,
    count: entries.reduce((n, e) => n + rowsOf(e), 0),
    hash: `${manifest.hash}:${split}`,
    split,
    shards: entries.map(rowsOf),
    async load(shard) {
      const entry = entries[shard];
      const { tensors } = parseSafetensors(await read(entry), `${storage.label}/${entry.file}`);
      const out = new Float32Array(rowsOf(entry) * d);
      let at = 0;
      for (const group of groups) {
        const tensor = tensors.get(`${group}.activations`);
        const part = tensor && asF32(tensor.bytes, tensor.dtype);
        if (part?.length !== entry.rows[group] * d)
          throw new InputError(
            `${storage.label}/${entry.file}: holds other rows than its manifest says; extract again`,
          );
        out.set(part, at);
        at += part.length;
      }
      checkFinite(out, d, `${storage.label}/${entry.file}`);
      return out;
    },
  };
}

/** InputError naming row (the first is row `first`) and column of the first NaN or Inf. */
export function checkFinite(rows: Float32Array, d: number, label: string, first = 0): void {
  for (let i = 0; i < rows.length; i++)
    if (!Number.isFinite(rows[i]))
      throw new InputError(
        `${label}: ${rows[i]} in row ${first + Math.floor(i / d)}, column ${i % d}; repair or remove that row`,
      );
}
