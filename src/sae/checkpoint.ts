// Trainer state in one safetensors file (formats/state-file.ts): parameters, moments, dead counters, and in its
// metadata the step, the data scale and the log.

import type { Core } from '../core/core.js';
import { InputError } from '../core/errors.js';
import { parseJsonObject } from '../formats/json.js';
import { bytesOf } from '../formats/pieces.js';
import type { Tensors } from '../formats/safetensors.js';
import { openState, type RunIdentity, writeState } from '../formats/state-file.js';
import type { Storage } from '../formats/storage.js';
import { listParameters, type SaeParameters } from './memory.js';
import type { Meter } from './meter.js';
import type { Preparation } from './prepare.js';
import type { TrainingStep } from './step.js';
import type { TrainProgress } from './types.js';

export const CHECKPOINT_FILE = 'checkpoint.safetensors';
const FILE = { name: CHECKPOINT_FILE, format: 'curvesae-checkpoint-5' };

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
  await writeState(storage, FILE, tensors, JSON.stringify(state), identity);
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
  const opened = await openState(storage, FILE, identity);
  if (!opened) return undefined;
  const { state, fill } = opened;
  for (const group of GROUPS)
    for (const p of parametersOf(step[group]))
      await fill(`${group}.${p.name}`, 'F32', bytesOf(core.f32(p.ptr, p.size)));
  for (const [name, into] of Object.entries(doubles(step, meter))) await fill(name, 'F64', bytesOf(into));
  return parseState(state, `${storage.label}/${CHECKPOINT_FILE}`);
}

/** The state in a checkpoint's metadata; InputError where it is none. */
export function parseState(text: string | undefined, label: string): CheckpointState {
  const state = parseJsonObject(new TextEncoder().encode(text ?? ''), `${label}: its state`);
  if (!Number.isSafeInteger(state.step) || (state.step as number) < 0 || !Array.isArray(state.log))
    throw new InputError(`${label}: its state lacks step or log`);
  return state as unknown as CheckpointState;
}
