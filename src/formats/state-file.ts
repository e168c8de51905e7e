// The state of unfinished work in one safetensors file: tensors, and in its metadata a text, checksums of both, and whose
// state it is. One file, written atomically: a killed process leaves the previous state or this one, never a mixture.
import { InputError, shown } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import type { Dtype } from './dtypes.js';
import { bytesOf, cut, digestOf } from './pieces.js';
import { safetensorsPieces, type Tensors } from './safetensors.js';
import type { Storage } from './storage.js';
import { openTensors } from './tensor-reader.js';

/** Identity of a run: a state continues only the run that wrote it. */
export interface RunIdentity {
  /** Canonical JSON of what determines the result, and its SHA-256. */
  config: string;
  configHash: string;
  buildId: string;
}

interface Part {
  shape: readonly number[];
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Which file, and in which version of its layout. */
export interface StateFile {
  name: string;
  format: string;
}

export async function writeState(
  storage: Storage,
  { name, format }: StateFile,
  tensors: Tensors,
  state: string,
  identity: RunIdentity,
): Promise<void> {
  const parts = new Map(
    Object.entries(tensors).map(([key, { shape, data }]) => [
      key,
      { shape, pieces: () => cut(bytesOf(data)) },
    ]),
  );
  const checksum = await checksumOf(parts);
  const stateChecksum = await sha256(state);
  await storage.write(
    name,
    safetensorsPieces(tensors, { format, checksum, state, stateChecksum, ...identity }),
  );
}

/** Of names, shapes and bytes, in pieces: a state may be larger than what is digested in one. */
async function checksumOf(parts: ReadonlyMap<string, Part>): Promise<string> {
  const lines: string[] = [];
  for (const [name, { shape, pieces }] of parts)
    lines.push(JSON.stringify([name, shape, await digestOf(pieces())]));
  return sha256(lines.sort().join('\n'));
}

export interface OpenedState {
  state: string;
  /** Reads a tensor of exactly this type and size. InputError where there is none. */
  fill(name: string, dtype: Dtype, into: Uint8Array): Promise<void>;
}

/** Undefined where there is no such file. InputError: corrupt, of another version, of other kernels or of another run. */
export async function openState(
  storage: Storage,
  { name: file, format }: StateFile,
  identity: RunIdentity,
): Promise<OpenedState | undefined> {
  if ((await storage.size(file)) === undefined) return undefined;
  const label = `${storage.label}/${file}`;
  const refuse = (reason: string): never => {
    throw new InputError(
      `${label}: ${reason}; train into another folder, or remove this file to start again`,
    );
  };
  const reader = await openTensors(storage, file);
  const { entries, metadata } = reader;
  if (metadata.format !== format)
    refuse(`is of another version (${shown(metadata.format ?? 'none')}, this program writes ${format})`);
  if (metadata.buildId !== identity.buildId)
    refuse(
      `was written by other kernels (${shown(metadata.buildId)}, these are ${identity.buildId}), which could not continue bit for bit`,
    );
  if (metadata.configHash !== identity.configHash)
    refuse(`belongs to another run (${difference(metadata.config, identity.config)})`);
  const parts = new Map(
    [...entries].map(([name, { shape }]) => [name, { shape, pieces: () => reader.pieces(name) }]),
  );
  const { checksum, state = '', stateChecksum } = metadata;
  if ((await sha256(state)) !== stateChecksum) refuse('is corrupt (checksum)');
  if ((await checksumOf(parts)) !== checksum) refuse('is corrupt (checksum)');
  return {
    state,
    fill: async (name, dtype, into) => {
      const entry = entries.get(name);
      if (entry?.dtype !== dtype || entry.end - entry.begin !== into.byteLength) refuse(`lacks ${name}`);
      let at = 0;
      for await (const piece of reader.pieces(name)) {
        into.set(piece, at);
        at += piece.byteLength;
      }
    },
  };
}

/** Which settings differ between two canonical JSON texts. */
function difference(before: string | undefined, now: string): string {
  try {
    const [a, b] = [JSON.parse(before ?? '{}'), JSON.parse(now)] as Record<string, unknown>[];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
      (k) => JSON.stringify(a[k]) !== JSON.stringify(b[k]),
    );
    return keys.map((k) => `${k} ${JSON.stringify(a[k])} there, ${JSON.stringify(b[k])} here`).join('; ');
  } catch {
    return 'its settings cannot be read';
  }
}
