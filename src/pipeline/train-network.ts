// A trained network's folder: checkpoints while training lasts, then its record, the names of its classes and last its weights,
// so that a folder with weights is finished. Repeated, the same training goes on, or is taken as it is.
import { encodeModel } from '../../models/convert.js';
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import { numericsOf } from '../core/features.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import type { Pool } from '../core/pool.js';
import { parseJsonObject } from '../formats/json.js';
import type { RunIdentity } from '../formats/state-file.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import { LOGITS } from '../network/training/batch-gradient.js';
import { flatLayout, parametersIn } from '../network/training/flat.js';
import type { Model, NetworkDescription } from '../network/types.js';
import {
  NETWORK_CHECKPOINT,
  type NetworkTrained,
  SLICE,
  trainNetwork,
} from '../study/train-network/train.js';
import type {
  HeldOutScore,
  NetworkData,
  NetworkOptions,
  NetworkPoint,
} from '../study/train-network/types.js';
import type { StageProgress } from './progress.js';

export const NETWORK_RECORD = 'training.json';

/** training.json */
export interface NetworkRecord {
  architecture: string;
  /** Of the weights' file. */
  sha256: string;
  /** What determined the result: `configHash` of its identity. */
  run: string;
  options: NetworkOptions;
  parameters: number;
  classes: readonly string[];
  log: NetworkPoint[];
  heldOut: HeldOutScore;
  seconds: number;
}

export interface NetworkFolder {
  engine: Engine;
  pool: Pool;
  /** Names the weights: `NAME.safetensors`. */
  name: string;
  description: NetworkDescription;
  data: NetworkData;
  options: NetworkOptions;
  storage: Storage;
  checkpointEvery: number;
  progress: StageProgress;
  signal?: AbortSignal;
  onPoint?(point: NetworkPoint): void;
  /** Once for each picture that could not be used. */
  onFailure?(failure: ImageFailure): void;
}

const weightsFile = (name: string): string => `${name}.safetensors`;

/** UsageError: the folder holds a finished network of another training. */
export async function trainNetworkInto(folder: NetworkFolder): Promise<NetworkRecord & { reused: boolean }> {
  const { storage } = folder;
  const unlock = await storage.lock();
  try {
    const identity = await networkIdentity(folder);
    const finished = await finishedRecord(folder, identity);
    if (finished) {
      await storage.remove(NETWORK_CHECKPOINT);
      return { ...finished, reused: true };
    }
    const trained = await trainShown(folder, identity);
    const record = await finish(folder, identity, trained);
    await storage.remove(NETWORK_CHECKPOINT);
    return { ...record, reused: false };
  } finally {
    await unlock();
  }
}

async function networkIdentity({ engine, description, data, options }: NetworkFolder): Promise<RunIdentity> {
  const { build, buildId } = engine.info();
  const config = canonicalJson({
    ...options,
    ...{ description, data: data.hash, slice: SLICE, numerics: numericsOf(build) },
  });
  return { config, configHash: await sha256(config), buildId };
}

/** InputError: finished, but damaged. */
async function finishedRecord(
  { storage, name }: NetworkFolder,
  { configHash }: RunIdentity,
): Promise<NetworkRecord | undefined> {
  const file = weightsFile(name);
  if ((await storage.size(file)) === undefined) return undefined;
  const label = `${storage.label}/${NETWORK_RECORD}`;
  const found = (await storage.size(NETWORK_RECORD)) !== undefined;
  const record = found
    ? (parseJsonObject(await storage.read(NETWORK_RECORD), label) as unknown as NetworkRecord)
    : undefined;
  if (record?.run !== configHash)
    throw new UsageError(
      `${storage.label}: already holds a network of another training, which is kept; choose another folder`,
    );
  if ((await sha256(await storage.read(file))) !== record.sha256)
    throw new InputError(`${storage.label}/${file}: is damaged (checksum); remove it to train it again`);
  return record;
}

function trainShown(folder: NetworkFolder, identity: RunIdentity): Promise<NetworkTrained> {
  const { progress, options, onFailure } = folder;
  let detail = '';
  let isFirst = true;
  const told = new Set<string>();
  return trainNetwork({
    ...folder,
    identity,
    onStep: (step) => {
      // A resumed run's rate counts from where it goes on.
      if (isFirst && step > 1) progress.start('train', step - 1);
      isFirst = false;
      progress.update(step, options.steps, 'steps', detail);
    },
    onPoint: (point) => {
      detail = pointText(point);
      folder.onPoint?.(point);
    },
    onFailure: (failure) => {
      if (told.has(failure.name)) return;
      told.add(failure.name);
      onFailure?.(failure);
    },
  });
}

const pointText = ({ loss, accuracy, heldOut }: NetworkPoint): string =>
  `loss ${loss.toPrecision(3)}, accuracy ${accuracy.toFixed(3)}${heldOut ? `, held out ${heldOut.accuracy.toFixed(3)}` : ''}`;

async function finish(
  { name, storage, description, data, options }: NetworkFolder,
  { configHash }: RunIdentity,
  { flat, log, heldOut, seconds }: NetworkTrained,
): Promise<NetworkRecord> {
  const layout = flatLayout(description);
  const parameters = parametersIn(layout, flat);
  const model: Model = { name, description, parameters, sha256: '', lastTap: LOGITS };
  const bytes = encodeModel(model);
  const record: NetworkRecord = {
    architecture: description.architecture,
    sha256: await sha256(bytes),
    run: configHash,
    options,
    parameters: layout.slots.reduce((n, { length }) => n + length, 0),
    classes: data.classes,
    ...{ log, heldOut, seconds },
  };
  await storage.write(`${name}.classes.json`, `${JSON.stringify(data.classes)}\n`);
  await storage.write(NETWORK_RECORD, `${JSON.stringify(record, null, 2)}\n`);
  await storage.write(weightsFile(name), bytes);
  return record;
}
