// Trainer state in one safetensors file: parameters, moments, dead counters, and in its
// metadata the step, the data scale and the log. One file, written atomically: a killed
// process leaves the previous checkpoint or this one, never a mixture.

import type { Core } from '../core/core.js';
import { InputError, shown } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import type { Dtype } from '../formats/dtypes.js';
import { parseJsonObject } from '../formats/json.js';
import { bytesOf, cut, digestOf } from '../formats/pieces.js';
import { safetensorsPieces, type Tensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { openTensors } from '../formats/tensor-reader.js';
import type { RunIdentity } from './identity.js';
import { listParameters, type SaeParameters } from './memory.js';
import type { Meter } from './meter.js';
import type { Preparation } from './prepare.js';
import type { TrainingStep } from './step.js';
import type { TrainProgress } from './types.js';

export const CHECKPOINT_FILE = 'checkpoint.safetensors';
const FORMAT = 'curvesae-checkpoint-5';

export interface CheckpointState {
  /** Finished steps. */
  step: number;
  /** What is done to the vectors: its data are not looked at again. */
  preparation: Preparation;
  log: TrainProgress[];
}

const GROUPS = ['parameters', 'moments1', 'moments2', 'average'] as const;

/** Trainer state that is f64: dead counters, sums for the log, and what the objective keeps between steps. */
const doubles = (step: TrainingStep, meter: Meter): Record<string, Float64Array> => ({
  lastFired: step.lastFired,
  ...meter.state,
  ...Object.fromEntries(Object.entries(step.objective.state).map(([name, v]) => [`state.${name}`, v])),
});

export async function writeCheckpoint(
  core: Core,
  storage: Storage,
  step: TrainingStep,
  meter: Meter,
  state: CheckpointState,
  identity: RunIdentity,
): Promise<void> {
  const tensors: Tensors = {};
  for (const [name, data] of Object.entries(doubles(step, meter)))
    tensors[name] = { shape: [data.length], data };
  for (const group of GROUPS)
    for (const p of parametersOf(step[group]))
      tensors[`${group}.${p.name}`] = { shape: [p.size], data: core.f32(p.ptr, p.size) };
  const parts = new Map(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape, pieces: () => cut(bytesOf(data)) },
    ]),
  );
  const checksum = await checksumOf(parts);
  const text = JSON.stringify(state);
  const stateChecksum = await sha256(text);
  await storage.write(
    CHECKPOINT_FILE,
    safetensorsPieces(tensors, { format: FORMAT, checksum, state: text, stateChecksum, ...identity }),
  );
}

interface Part {
  shape: readonly number[];
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** Of names, shapes and bytes, in pieces: a checkpoint may be larger than what is digested in one. */
async function checksumOf(parts: ReadonlyMap<string, Part>): Promise<string> {
  const lines: string[] = [];
  for (const [name, { shape, pieces }] of parts)
    lines.push(JSON.stringify([name, shape, await digestOf(pieces())]));
  return sha256(lines.sort().join('\n'));
}

const parametersOf = (p: SaeParameters | undefined) => (p ? listParameters(p) : []);

/** Restores the trainer, or returns undefined where there is no checkpoint. InputError: corrupt, or of another run. */
export async function readCheckpoint(
  core: Core,
  storage: Storage,
  step: TrainingStep,
  meter: Meter,
  identity: RunIdentity,
): Promise<CheckpointState | undefined> {
  if ((await storage.size(CHECKPOINT_FILE)) === undefined) return undefined;
  const label = `${storage.label}/${CHECKPOINT_FILE}`;
  const refuse = (reason: string): never => {
    throw new InputError(
      `${label}: ${reason}; train into another folder, or remove this file to start again`,
    );
  };
  const reader = await openTensors(storage, CHECKPOINT_FILE);
  const { entries, metadata } = reader;
  if (metadata.format !== FORMAT)
    refuse(`is of another version (${shown(metadata.format ?? 'none')}, this program writes ${FORMAT})`);
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
  const fill = async (name: string, dtype: Dtype, into: Uint8Array) => {
    const entry = entries.get(name);
    if (entry?.dtype !== dtype || entry.end - entry.begin !== into.byteLength) refuse(`lacks ${name}`);
    let at = 0;
    for await (const piece of reader.pieces(name)) {
      into.set(piece, at);
      at += piece.byteLength;
    }
  };
  for (const group of GROUPS)
    for (const p of parametersOf(step[group]))
      await fill(`${group}.${p.name}`, 'F32', bytesOf(core.f32(p.ptr, p.size)));
  for (const [name, into] of Object.entries(doubles(step, meter))) await fill(name, 'F64', bytesOf(into));
  return parseState(state, label);
}

/** The state in a checkpoint's metadata; InputError where it is none. */
export function parseState(text: string | undefined, label: string): CheckpointState {
  const state = parseJsonObject(new TextEncoder().encode(text ?? ''), `${label}: its state`);
  if (!Number.isSafeInteger(state.step) || (state.step as number) < 0 || !Array.isArray(state.log))
    throw new InputError(`${label}: its state lacks step or log`);
  return state as unknown as CheckpointState;
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
