// Trainer state in one safetensors file: parameters, moments, dead counters, and in its
// metadata the step, the data scale and the log. One file, written atomically: a killed
// process leaves the previous checkpoint or this one, never a mixture.

import type { Core } from '../core/core.js';
import { InputError, shown } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { RunIdentity } from './identity.js';
import { listParameters, type SaeParameters } from './memory.js';
import type { Meter } from './meter.js';
import type { Preparation } from './prepare.js';
import type { TrainingStep } from './step.js';
import type { TrainProgress } from './types.js';

export const CHECKPOINT_FILE = 'checkpoint.safetensors';
const FORMAT = 'curvesae-checkpoint-4';

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
  const tensors: Parameters<typeof encodeSafetensors>[0] = {};
  for (const [name, data] of Object.entries(doubles(step, meter)))
    tensors[name] = { shape: [data.length], data };
  for (const group of GROUPS)
    for (const p of parametersOf(step[group]))
      tensors[`${group}.${p.name}`] = { shape: [p.size], data: core.f32(p.ptr, p.size) };
  // The checksum covers the tensors: their encoding is the same with any metadata.
  const checksum = await sha256(encodeSafetensors(tensors));
  const text = JSON.stringify(state);
  const stateChecksum = await sha256(text);
  await storage.write(
    CHECKPOINT_FILE,
    encodeSafetensors(tensors, { format: FORMAT, checksum, state: text, stateChecksum, ...identity }),
  );
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
  const { tensors, metadata } = parseSafetensors(await storage.read(CHECKPOINT_FILE), label);
  if (metadata.format !== FORMAT)
    refuse(`is of another version (${shown(metadata.format ?? 'none')}, this program writes ${FORMAT})`);
  if (metadata.buildId !== identity.buildId)
    refuse(
      `was written by other kernels (${shown(metadata.buildId)}, these are ${identity.buildId}), which could not continue bit for bit`,
    );
  if (metadata.configHash !== identity.configHash)
    refuse(`belongs to another run (${difference(metadata.config, identity.config)})`);
  const content: Parameters<typeof encodeSafetensors>[0] = {};
  for (const [name, t] of tensors)
    content[name] = {
      shape: t.shape,
      data: t.dtype === 'F64' ? new Float64Array(t.bytes.slice().buffer) : t.f32(),
    };
  const { checksum, state = '', stateChecksum } = metadata;
  // Checkpoints of older builds have no checksum of their state.
  if (stateChecksum !== undefined && (await sha256(state)) !== stateChecksum) refuse('is corrupt (checksum)');
  if ((await sha256(encodeSafetensors(content))) !== checksum) refuse('is corrupt (checksum)');
  for (const group of GROUPS)
    for (const p of parametersOf(step[group])) {
      const data = content[`${group}.${p.name}`]?.data as Float32Array | undefined;
      if (data?.length !== p.size) refuse(`lacks ${group}.${p.name}`);
      else core.f32(p.ptr, p.size).set(data);
    }
  for (const [name, into] of Object.entries(doubles(step, meter))) {
    const data = content[name]?.data as Float64Array | undefined;
    if (data?.length !== into.length) refuse(`lacks ${name}`);
    else into.set(data);
  }
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
