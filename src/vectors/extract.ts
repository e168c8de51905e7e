// Images -> activation store, shard by shard: memory holds two shards however many images there are, one that
// is written while the next is computed, and a killed run keeps its finished shards.
import { InputError } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import type { Pool } from '../core/pool.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { encodeShard, type GroupRows } from './shard-file.js';
import {
  GROUPS,
  type Group,
  isHeldOut,
  type Manifest,
  readManifest,
  readShard,
  type ShardEntry,
  STORE_FORMAT,
  STORE_VERSION,
  shardFile,
  storeName,
  writeManifest,
} from './store.js';
import type { StoreRecipe } from './types.js';

/** Rough size of a shard; the cut is by images, so that it never depends on the machine. */
const SHARD_BYTES = 32 << 20;

/** Pictures of each file of a store but the last. */
export function imagesPerShard({
  recipe,
  dIn,
  shardBytes = SHARD_BYTES,
}: Pick<ExtractJob, 'recipe' | 'dIn' | 'shardBytes'>): number {
  const rows = (recipe.perImage + recipe.reference) * dIn * 4;
  return Math.max(1, Math.floor(shardBytes / rows));
}

/** What the `extract` task gets and gives (tasks.ts). */
export interface ExtractPayload {
  ref: ImageRef;
  image: number;
  recipe: StoreRecipe;
  /** Of the network with random weights in place of its own (network/random-weights.ts). */
  weightsSeed?: number;
}
export type ExtractResult = { failure: ImageFailure } | { sample: Rows; reference: Rows };
export interface Rows {
  activations: Float32Array; // [n][d]
  positions: Int32Array; // y * W + x
}

export interface ExtractOptions extends ExtractJob {
  /** Parent folder; the store is the folder in it named by the recipe's hash. */
  root: Storage;
}

export interface ExtractJob {
  pool: Pool;
  images: readonly ImageRef[];
  recipe: StoreRecipe;
  dIn: number;
  /** Rough size of a shard; another size remakes a store. */
  shardBytes?: number;
  signal?: AbortSignal;
  onProgress?: (images: number, failures: number) => void;
  /** A shard is in its file; its bytes as they were written, or found to be. */
  onShard?: (entry: ShardEntry, bytes: Uint8Array) => void;
  /** Something that was there is made again, and why. */
  onRemade?: (message: string) => void;
}

export interface ExtractOutcome {
  storage: Storage;
  manifest: Manifest;
  failures: ImageFailure[];
  /** Nothing had to be computed. */
  reused: boolean;
}

/** Makes, resumes or repairs a store. Throws the signal's reason when aborted; finished shards stay. */
export async function extractActivations({ root, ...job }: ExtractOptions): Promise<ExtractOutcome> {
  return extractInto(root.sub(await storeName(job.recipe)), job);
}

/**
 * The same in the store's own folder. What was finished before is taken up shard by shard, each where its
 * bytes are those that were written and the pictures that failed still fail.
 */
export async function extractInto(storage: Storage, options: ExtractJob): Promise<ExtractOutcome> {
  const { images, recipe, dIn } = options;
  const hash = await storeName(recipe);
  const unlock = await storage.lock();
  try {
    const perShard = imagesPerShard(options);
    const found = await readManifest(storage).catch(() => {
      options.onRemade?.(`${storage.label}: its manifest cannot be used; the store is made again`);
      return undefined;
    });
    const before = found?.hash === hash && found.imagesPerShard === perShard ? found : undefined;
    const manifest: Manifest = {
      format: STORE_FORMAT,
      version: STORE_VERSION,
      hash,
      recipe,
      dIn,
      images: images.length,
      imagesPerShard: perShard,
      complete: false,
      shards: [],
      seconds: before?.seconds ?? 0,
    };
    let computed = 0;
    let failed = 0;
    const file = async (s: number, made: MadeShard) => {
      manifest.shards.push(await writeShard(options, storage, s, made));
      // Shards further on that an earlier run finished stay listed: they are checked when reached.
      const later = before?.shards.slice(s + 1) ?? [];
      await writeManifest(storage, { ...manifest, shards: [...manifest.shards, ...later] });
    };
    let filing: Promise<void> = Promise.resolve();
    try {
      for (let first = 0, s = 0; first < images.length; first += perShard, s++) {
        const slice = images.slice(first, first + perShard);
        const kept = before?.shards[s];
        if (kept && (await isIntact(options, storage, kept, slice, first))) {
          await filing;
          manifest.shards.push(kept);
          failed += kept.failures.length;
        } else {
          const started = performance.now();
          const done = (n: number, f: number) => options.onProgress?.(first + n, failed + f);
          const made = await makeShard(options, slice, first, done);
          await filing;
          manifest.seconds += (performance.now() - started) / 1000;
          filing = file(s, made);
          filing.catch(() => {}); // awaited before the next is filed
          failed += made.failures.length;
          computed++;
        }
        options.onProgress?.(first + slice.length, failed);
      }
    } finally {
      await filing;
    }
    const failures = manifest.shards.flatMap((shard) => shard.failures);
    checkNotEmpty(manifest);
    manifest.complete = true;
    if (computed || !before?.complete) await writeManifest(storage, manifest);
    return { storage, manifest, failures, reused: computed === 0 };
  } finally {
    await unlock();
  }
}

/** InputError where not one picture gave a vector. */
export function checkNotEmpty({ shards, images }: Pick<Manifest, 'shards' | 'images'>): void {
  if (shards.some((shard) => GROUPS.some((g) => shard.rows[g] > 0))) return;
  const [{ name, reason }] = shards.flatMap((shard) => shard.failures);
  throw new InputError(`none of the ${images} images could be used; the first: ${name}: ${reason}`);
}

/** Whether a file is as it was written, and its failures fail still. */
export async function isIntact(
  job: ExtractJob,
  storage: Storage,
  entry: ShardEntry,
  slice: readonly ImageRef[],
  first: number,
): Promise<boolean> {
  try {
    const bytes = await readShard(storage, entry);
    job.onShard?.(entry, bytes);
  } catch {
    job.onRemade?.(`${storage.label}/${entry.file}: is missing, or not as it was written; made again`);
    return false;
  }
  const names = new Set(entry.failures.map((f) => f.name));
  const again = slice.map((ref, i) => ({ ref, image: first + i })).filter(({ ref }) => names.has(ref.name));
  // A picture fails for what it holds, which named the store, or for a reason of that moment.
  let failing = 0;
  const count = (result: ExtractResult) => {
    if ('failure' in result) failing++;
  };
  if (again.length)
    await job.pool.mapOrdered(again, (task) => extraction(task, job.recipe), count, { signal: job.signal });
  if (failing === entry.failures.length) return true;
  job.onRemade?.(
    `${storage.label}/${entry.file}: lacks pictures that can be used now (the first: ${[...names][0]}); made again`,
  );
  return false;
}

const extraction = (task: { ref: ImageRef; image: number }, recipe: StoreRecipe) => ({
  name: 'extract',
  payload: { ...task, recipe } satisfies ExtractPayload,
});

const placed = ({ activations, positions }: Rows, image: number): GroupRows => ({
  activations,
  position: positions,
  image: new Int32Array(positions.length).fill(image),
});

/** What a shard's file will hold. */
interface MadeShard {
  bytes: Uint8Array;
  rows: Record<Group, number>;
  failures: ImageFailure[];
}

/** Of pictures `first` .. first + slice.length - 1. */
async function makeShard(
  { pool, images, recipe, dIn, signal }: ExtractJob,
  slice: readonly ImageRef[],
  first: number,
  onDone: (images: number, failures: number) => void,
): Promise<MadeShard> {
  const groups: Record<Group, GroupRows[]> = { train: [], heldout: [], reference: [] };
  const failures: ImageFailure[] = [];
  await pool.mapOrdered<ImageRef, ExtractResult>(
    slice,
    (ref, i) => extraction({ ref, image: first + i }, recipe),
    (result, i) => {
      if ('failure' in result) failures.push(result.failure);
      else {
        const image = first + i;
        groups[isHeldOut(image, images.length) ? 'heldout' : 'train'].push(placed(result.sample, image));
        groups.reference.push(placed(result.reference, image));
      }
      onDone(i + 1, failures.length);
    },
    { ahead: 2, signal },
  );
  return { ...encodeShard(groups, dIn), failures };
}

async function writeShard(
  { onShard }: ExtractJob,
  storage: Storage,
  index: number,
  { bytes, rows, failures }: MadeShard,
): Promise<ShardEntry> {
  const file = shardFile(index);
  await storage.write(file, bytes);
  const entry = { file, bytes: bytes.byteLength, sha256: await sha256(bytes), rows, failures };
  onShard?.(entry, bytes);
  return entry;
}

/** Of pictures `first` .. first + slice.length - 1, into the store's file of this index. */
export async function extractShard(
  job: ExtractJob,
  storage: Storage,
  slice: readonly ImageRef[],
  first: number,
  index: number,
  onDone: (images: number, failures: number) => void,
): Promise<ShardEntry> {
  return writeShard(job, storage, index, await makeShard(job, slice, first, onDone));
}
