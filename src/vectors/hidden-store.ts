// A store whose neurons are hidden (hiding.ts), made from another one: the same positions of the same
// pictures, every vector times P, and P itself beside them as the truth.
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { type Hiding, hide, hidingMatrix } from './hiding.js';
import {
  GROUPS,
  type Manifest,
  readManifest,
  readShard,
  type ShardEntry,
  storeName,
  writeManifest,
} from './store.js';

export const TRUTH_FILE = 'truth.safetensors';

export interface HideOptions {
  engine: Engine;
  /** The finished store that is hidden. */
  storage: Storage;
  manifest: Manifest;
  hiding: Hiding;
  /** Parent folder; the store is the folder in it named by the recipe's hash. */
  root: Storage;
  signal?: AbortSignal;
  onProgress?: (shards: number, of: number) => void;
}

export interface HiddenStore {
  storage: Storage;
  manifest: Manifest;
  reused: boolean;
}

/**
 * Makes or resumes a hidden store. UsageError: the store is hidden already, or the width does not fit;
 * InputError: a shard of it is damaged. The signal's reason when aborted; finished shards stay.
 */
export async function hideStore(options: HideOptions): Promise<HiddenStore> {
  const { engine, manifest: from, hiding, root, signal } = options;
  if (from.recipe.hidden)
    throw new UsageError(`${options.storage.label}: is hidden already; give the store it was made from`);
  const matrix = hidingMatrix(engine.math, from.dIn, hiding);
  const recipe = { ...from.recipe, hidden: { ...hiding, store: from.hash, neurons: from.dIn } };
  const hash = await storeName(recipe);
  const storage = root.sub(hash);
  const unlock = await storage.lock();
  const core = engine.acquire();
  try {
    const found = await readManifest(storage).catch(() => undefined);
    const before = found?.hash === hash ? found : undefined;
    const manifest: Manifest = {
      ...{ ...from, hash, recipe, dIn: hiding.width },
      ...{ complete: false, shards: [], seconds: before?.seconds ?? 0 },
    };
    await writeTruth(storage, matrix, from.dIn, hiding);
    let made = 0;
    for (const [s, entry] of from.shards.entries()) {
      signal?.throwIfAborted();
      const kept = before?.shards[s];
      if (kept && (await isIntact(storage, kept))) manifest.shards.push(kept);
      else {
        const started = Date.now();
        const bytes = encodeSafetensors(
          hiddenTensors(await readShard(options.storage, entry), entry, from.dIn, (x) =>
            hide(core, x, matrix, hiding.width),
          ),
        );
        await storage.write(entry.file, bytes);
        manifest.shards.push({ ...entry, bytes: bytes.byteLength, sha256: await sha256(bytes) });
        manifest.seconds += (Date.now() - started) / 1000;
        await writeManifest(storage, {
          ...manifest,
          shards: [...manifest.shards, ...(before?.shards.slice(s + 1) ?? [])],
        });
        made++;
      }
      options.onProgress?.(s + 1, from.shards.length);
    }
    manifest.complete = true;
    if (made || !before?.complete) await writeManifest(storage, manifest);
    return { storage, manifest, reused: made === 0 };
  } finally {
    core.dispose();
    await unlock();
  }
}

const isIntact = (storage: Storage, entry: ShardEntry): Promise<boolean> =>
  readShard(storage, entry).then(
    () => true,
    () => false,
  );

/** The tensors of a shard, its activations [n][neurons] hidden, images and positions as they are. */
function hiddenTensors(
  bytes: Uint8Array,
  { file, rows }: ShardEntry,
  neurons: number,
  hidden: (x: Float32Array) => Float32Array,
): Parameters<typeof encodeSafetensors>[0] {
  const { tensors } = parseSafetensors(bytes, file);
  const out: Parameters<typeof encodeSafetensors>[0] = {};
  for (const group of GROUPS) {
    const x = tensors.get(`${group}.activations`)?.f32();
    if (x?.length !== rows[group] * neurons)
      throw new InputError(`${file}: holds other rows than its manifest says; extract again`);
    const y = hidden(x);
    out[`${group}.activations`] = { shape: [rows[group], rows[group] ? y.length / rows[group] : 0], data: y };
    for (const part of ['image', 'position']) {
      const tensor = tensors.get(`${group}.${part}`);
      if (tensor?.dtype !== 'I32') throw new InputError(`${file}: lacks '${group}.${part}'; extract again`);
      const { buffer, byteOffset, byteLength } = tensor.bytes.slice();
      out[`${group}.${part}`] = {
        shape: tensor.shape,
        data: new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4),
      };
    }
  }
  return out;
}

async function writeTruth(storage: Storage, matrix: Float32Array, neurons: number, hiding: Hiding) {
  const bytes = encodeSafetensors(
    { directions: { shape: [neurons, hiding.width], data: matrix } },
    { format: 'curvesae-hidden-1', kind: hiding.kind, seed: String(hiding.seed) },
  );
  const there = await storage.size(TRUTH_FILE);
  if (there === bytes.byteLength && (await sha256(await storage.read(TRUTH_FILE))) === (await sha256(bytes)))
    return;
  await storage.write(TRUTH_FILE, bytes);
}
