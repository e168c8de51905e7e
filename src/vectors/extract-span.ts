// A store made by several machines: each extracts a span of the pictures into pieces, and joining them gives the bytes
// that one machine writes. A piece ends where a file of the store ends, or where the span does: most pieces are files
// of the store as they are, and only those on both sides of a span's border are put together.
import { InputError } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { DamagedFile } from '../formats/checksums.js';
import type { Storage } from '../formats/storage.js';
import { checkNotEmpty, type ExtractJob, extractShard, imagesPerShard, isIntact } from './extract.js';
import { decodeGroup, encodeShard, type GroupRows } from './shard-file.js';
import {
  GROUPS,
  type Group,
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

/** What some pictures of one file of the store gave. `file` is named as the store's own. */
export interface Piece extends ShardEntry {
  /** The store's file that it is of. */
  shard: number;
  /** Pictures first .. first + images - 1. */
  first: number;
  images: number;
}

/** Where the pieces of pictures first .. end - 1 begin and end. */
export function cutSpan(first: number, end: number, perShard: number): Omit<Piece, keyof ShardEntry>[] {
  const out: Omit<Piece, keyof ShardEntry>[] = [];
  for (let at = first; at < end; ) {
    const shard = Math.floor(at / perShard);
    const next = Math.min(end, (shard + 1) * perShard);
    out.push({ shard, first: at, images: next - at });
    at = next;
  }
  return out;
}

/**
 * Extracts pictures first .. end - 1 of the job into `storage`. Pieces of `before` are taken where they are as they
 * were written; `onPiece` is told the list after each that was made. Aborted: throws the signal's reason.
 */
export async function extractSpan(
  storage: Storage,
  job: ExtractJob,
  { first, end }: { first: number; end: number },
  before: readonly Piece[],
  onPiece: (pieces: readonly Piece[]) => Promise<void>,
): Promise<{ pieces: Piece[]; reused: boolean }> {
  const pieces: Piece[] = [];
  let [failed, made] = [0, 0];
  const cuts = cutSpan(first, end, imagesPerShard(job));
  for (const [i, cut] of cuts.entries()) {
    const slice = job.images.slice(cut.first, cut.first + cut.images);
    const kept = before.find(
      (p) => p.first === cut.first && p.images === cut.images && p.shard === cut.shard,
    );
    if (kept && (await isIntact(job, storage, kept, slice, cut.first))) pieces.push(kept);
    else {
      const done = (n: number, f: number) => job.onProgress?.(cut.first - first + n, failed + f);
      const entry = await extractShard(job, storage, slice, cut.first, cut.shard, done);
      pieces.push({ ...cut, ...entry });
      made++;
      // Pieces further on that an earlier run finished stay listed: they are checked when reached.
      const later = before.filter((p) => cuts.slice(i + 1).some((c) => c.first === p.first));
      await onPiece([...pieces, ...later]);
    }
    failed += pieces[i].failures.length;
    job.onProgress?.(cut.first + cut.images - first, failed);
  }
  return { pieces, reused: made === 0 };
}

export interface PlacedPiece {
  piece: Piece;
  storage: Storage;
  /** Of a piece that is not as it was written: what to do. */
  remedy: string;
}

/** What is joined besides its pieces. */
export interface JoinedStore {
  recipe: StoreRecipe;
  dIn: number;
  images: number;
  imagesPerShard: number;
  seconds: number;
}

/**
 * The store of all pieces, in its own folder. What an earlier, interrupted join wrote is taken where it is as it was
 * written. DamagedFile: a piece is not. InputError: pieces that are not those of all pictures, each once.
 */
export async function joinSpans(
  storage: Storage,
  { recipe, dIn, images, imagesPerShard, seconds }: JoinedStore,
  placed: readonly PlacedPiece[],
  hooks: { signal?: AbortSignal; onProgress?: (images: number) => void } = {},
): Promise<{ manifest: Manifest; reused: boolean }> {
  const hash = await storeName(recipe);
  checkCover(storage.label, placed, images, imagesPerShard);
  const before = await readManifest(storage).catch(() => undefined); // damaged: written again
  const manifest: Manifest = {
    ...{ format: STORE_FORMAT, version: STORE_VERSION, hash, recipe, dIn, images, imagesPerShard },
    ...{ complete: false, shards: [], seconds },
  };
  let [joined, done] = [0, 0];
  for (let s = 0; s * imagesPerShard < images; s++) {
    hooks.signal?.throwIfAborted();
    const pieces = placed.filter(({ piece }) => piece.shard === s);
    const kept = before?.hash === hash ? before.shards[s] : undefined;
    if (kept && (await isThere(storage, kept))) manifest.shards.push(kept);
    else {
      manifest.shards.push(await joinShard(storage, s, pieces, dIn));
      joined++;
      await writeManifest(storage, manifest);
    }
    done += pieces.reduce((n, { piece }) => n + piece.images, 0);
    hooks.onProgress?.(done);
  }
  checkNotEmpty(manifest);
  manifest.complete = true;
  const reused = joined === 0 && before?.complete === true;
  if (reused) return { manifest: before, reused };
  await writeManifest(storage, manifest);
  return { manifest, reused };
}

/** `placed` in order, without a gap. */
function checkCover(
  label: string,
  placed: readonly PlacedPiece[],
  images: number,
  imagesPerShard: number,
): void {
  let next = 0;
  for (const { piece, storage } of placed) {
    const end = Math.min(images, (piece.shard + 1) * imagesPerShard);
    if (piece.first !== next || piece.first < piece.shard * imagesPerShard || next + piece.images > end)
      throw new InputError(
        `${storage.label}: lists pictures ${piece.first} .. ${piece.first + piece.images - 1} where those from ${next} belong; remove it and repeat its command`,
      );
    next += piece.images;
  }
  if (next !== images)
    throw new InputError(`${label}: the shards hold ${next} pictures of ${images}; repeat their commands`);
}

const isThere = (storage: Storage, entry: ShardEntry): Promise<boolean> =>
  readShard(storage, entry).then(
    () => true,
    () => false,
  );

async function joinShard(
  storage: Storage,
  index: number,
  placed: readonly PlacedPiece[],
  dIn: number,
): Promise<ShardEntry> {
  const file = shardFile(index);
  if (placed.length === 1) {
    const { bytes, sha256, rows, failures } = placed[0].piece;
    await storage.write(file, await readPiece(placed[0]));
    return { file, bytes, sha256, rows, failures };
  }
  const groups: Record<Group, GroupRows[]> = { train: [], heldout: [], reference: [] };
  for (const one of placed) {
    const content = await readPiece(one);
    const label = `${one.storage.label}/${one.piece.file}`;
    for (const group of GROUPS) groups[group].push(decodeGroup(content, label, group, one.piece.rows[group]));
  }
  const { bytes, rows } = encodeShard(groups, dIn);
  await storage.write(file, bytes);
  const failures = placed.flatMap(({ piece }) => piece.failures);
  return { file, bytes: bytes.byteLength, sha256: await sha256(bytes), rows, failures };
}

async function readPiece({ storage, piece, remedy }: PlacedPiece): Promise<Uint8Array> {
  try {
    return await readShard(storage, piece);
  } catch (cause) {
    const what = (await storage.size(piece.file)) === undefined ? 'is missing' : 'is not as it was written';
    throw new DamagedFile(`${storage.label}/${piece.file}: ${what}; ${remedy}`, { cause });
  }
}
