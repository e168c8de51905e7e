// A set of synthetic vectors and its truth on disk (docs/formats.md, "Synthetic set").
import { InputError, shown, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import { encodeSafetensors, parseSafetensors, type Tensor } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { Synthetic, SyntheticKnobs, Truth } from './synthetic.js';

export const VECTORS_FILE = 'vectors.safetensors';
export const TRUTH_FILE = 'truth.safetensors';
export const KNOBS_FILE = 'synth.json';
const FORMAT = 'curvesae-synth';
const TRUTH_FORMAT = 'curvesae-truth-1';

/** synth.json */
export interface SyntheticRecord {
  format: typeof FORMAT;
  version: 1;
  knobs: SyntheticKnobs;
  /** Mean number of active features per vector, as drawn. */
  l0: number;
  vectors: { file: string; sha256: string };
  truth: { file: string; sha256: string };
}

/**
 * Writes the set, synth.json last: a folder that has it is whole. Files that already have the
 * same bytes are left alone (`reused`: all of them); others are never overwritten: UsageError.
 */
export async function writeSynthetic(
  storage: Storage,
  set: Synthetic,
): Promise<SyntheticRecord & { reused: boolean }> {
  const { knobs, truth } = set;
  const unlock = await storage.lock();
  try {
    await checkFree(storage, knobs);
    const vectors = encodeSafetensors({ x: { shape: [knobs.vectors, knobs.dIn], data: set.x } });
    const vectorsHash = await sha256(vectors);
    const sparse = encodeTruth(set, vectorsHash);
    const record: SyntheticRecord = {
      format: FORMAT,
      version: 1,
      knobs,
      l0: truth.index.length / knobs.vectors,
      vectors: { file: VECTORS_FILE, sha256: vectorsHash },
      truth: { file: TRUTH_FILE, sha256: await sha256(sparse) },
    };
    const text = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
    const files: [string, Uint8Array][] = [
      [VECTORS_FILE, vectors],
      [TRUTH_FILE, sparse],
      [KNOBS_FILE, text],
    ];
    const missing: typeof files = [];
    for (const [name, bytes] of files) {
      const there = await storage.size(name);
      if (there === undefined) missing.push([name, bytes]);
      else if (there !== bytes.length || (await sha256(await storage.read(name))) !== (await sha256(bytes)))
        throw new UsageError(
          `${storage.label}/${name}: is not what these settings give, and is kept; choose another folder`,
        );
    }
    for (const [name, bytes] of missing) await storage.write(name, bytes);
    return { ...record, reused: missing.length === 0 };
  } finally {
    await unlock();
  }
}

/** UsageError where the folder holds a set of other knobs. */
export async function checkFree(storage: Storage, knobs: SyntheticKnobs): Promise<void> {
  if ((await storage.size(KNOBS_FILE)) === undefined) return;
  const label = `${storage.label}/${KNOBS_FILE}`;
  const record = parseJsonObject(await storage.read(KNOBS_FILE), label, 'choose another folder');
  const before = (record.knobs ?? {}) as Record<string, unknown>;
  const differing = Object.entries(knobs).filter(([name, value]) => before[name] !== value);
  if (differing.length)
    throw new UsageError(
      `${storage.label}: holds another set (${differing
        .map(([name, value]) => `${name} ${shown(before[name])} there, ${value} here`)
        .join('; ')}), which is kept; choose another folder`,
    );
}

function encodeTruth({ truth, knobs, frequency, parent, offset }: Synthetic, vectorsHash: string) {
  const { features, dIn } = knobs;
  return encodeSafetensors(
    {
      directions: { shape: [features, dIn], data: truth.directions },
      'activations.start': { shape: [truth.start.length], data: truth.start },
      'activations.index': { shape: [truth.index.length], data: truth.index },
      'activations.value': { shape: [truth.value.length], data: truth.value },
      frequency: { shape: [features], data: frequency },
      parent: { shape: [features], data: parent },
      offset: { shape: [dIn], data: offset },
    },
    { format: TRUTH_FORMAT, vectors_sha256: vectorsHash, knobs: canonicalJson(knobs) },
  );
}

export interface TruthFile {
  truth: Truth;
  /** SHA-256 of the vectors' file, where the truth names one. */
  vectorsHash?: string;
}

/** Reads truth.safetensors; tensors beyond the four it needs are ignored. InputError: missing or inconsistent. */
export function readTruth(bytes: Uint8Array, label: string): TruthFile {
  const { tensors, metadata } = parseSafetensors(bytes, label);
  const fail = (reason: string): never => {
    throw new InputError(`${label}: ${reason}; give the truth.safetensors of a synthetic set`);
  };
  const get = (name: string, dtype: string, rank: number): Tensor => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== dtype || tensor.shape.length !== rank)
      return fail(`needs a tensor '${name}' of ${dtype} with ${rank} dimension${rank > 1 ? 's' : ''}`);
    return tensor;
  };
  const matrix = get('directions', 'F32', 2);
  const [features, dIn] = matrix.shape;
  const directions = matrix.f32();
  const start = integers(get('activations.start', 'I32', 1));
  const index = integers(get('activations.index', 'I32', 1));
  const value = get('activations.value', 'F32', 1).f32();
  if (features < 1 || dIn < 1) fail(`has directions of shape [${matrix.shape}]`);
  for (let i = 0; i < features; i++) {
    let square = 0;
    for (let j = 0; j < dIn; j++) square += directions[i * dIn + j] * directions[i * dIn + j];
    if (!(square > 0 && square < Number.POSITIVE_INFINITY)) fail(`direction ${i} is zero or not finite`);
  }
  const vectors = start.length - 1;
  if (vectors < 1 || start[0] !== 0 || start[vectors] !== index.length || value.length !== index.length)
    fail('activations.start does not cover activations.index and activations.value');
  for (let s = 0; s < vectors; s++)
    if (start[s + 1] < start[s]) fail(`activations.start falls after vector ${s}`);
  for (let s = 0; s < vectors; s++)
    for (let i = start[s]; i < start[s + 1]; i++)
      if (index[i] < 0 || index[i] >= features || (i > start[s] && index[i] <= index[i - 1]))
        fail(`features of vector ${s} are not increasing numbers from 0 to ${features - 1}`);
  return {
    truth: { features, dIn, vectors, directions, start, index, value },
    vectorsHash: metadata.vectors_sha256,
  };
}

const integers = ({ bytes }: Tensor): Int32Array => new Int32Array(bytes.slice().buffer);
