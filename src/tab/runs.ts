// The kept runs of a root: what is there, how far each is, and its files for other programs.

import { UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import { zipStored } from '../formats/zip-write.js';
import { LOG_FILE, TRAINING_FILE } from '../sae/folder.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../sae/saelens.js';
import type { TrainProgress } from '../sae/types.js';
import { storeName } from '../vectors/store.js';
import { savedProgress } from './log.js';
import { ACTIVATIONS, RUNS, SAE } from './run.js';
import { RUN_FILE, type RunSettings, readSettings } from './settings.js';

export interface RunInfo {
  name: string;
  /** finished: it holds an SAE. unfinished: train it again to go on. damaged: `problem` says what to do. */
  state: 'finished' | 'unfinished' | 'damaged';
  problem?: string;
  settings?: RunSettings;
  /** Steps that are saved, of `steps`. */
  step: number;
  steps: number;
  log: TrainProgress[];
  /** Held by its own files, and by the activations it trains on, which other runs may share. */
  bytes: number;
  activationBytes: number;
}

export async function runsIn(root: Storage): Promise<RunInfo[]> {
  const out: RunInfo[] = [];
  for (const name of await root.sub(RUNS).list()) out.push(await runInfo(root, name));
  return out;
}

async function runInfo(root: Storage, name: string): Promise<RunInfo> {
  const folder = root.sub(RUNS).sub(name);
  const info: RunInfo = { name, state: 'damaged', step: 0, steps: 0, log: [], bytes: 0, activationBytes: 0 };
  try {
    info.bytes = (await bytesIn(folder)) + (await bytesIn(folder.sub(SAE)));
    const settings = await readSettings(folder);
    // Deleting begins with run.json: what is left of a run that was being deleted.
    if (!settings) return { ...info, problem: 'has no run.json; delete it' };
    const store = await storeOf(settings);
    const { finished, step, log } = await savedProgress(folder.sub(SAE));
    return {
      ...info,
      state: finished ? 'finished' : 'unfinished',
      settings,
      step,
      steps: settings.train.steps,
      log,
      activationBytes: store ? await bytesIn(root.sub(ACTIVATIONS).sub(store)) : 0,
    };
  } catch (error) {
    return { ...info, problem: (error as Error).message };
  }
}

/** Files directly in a folder. */
async function bytesIn(folder: Storage): Promise<number> {
  let bytes = 0;
  for (const name of await folder.list()) bytes += (await folder.size(name).catch(() => 0)) ?? 0;
  return bytes;
}

/** Name of the activation store that a run trains on. */
export const storeOf = async ({ data }: RunSettings): Promise<string | undefined> =>
  'recipe' in data ? storeName(data.recipe) : undefined;

/** Stores that no run trains on any more. */
export async function unusedStores(root: Storage): Promise<string[]> {
  const used = new Set<string | undefined>();
  for (const name of await root.sub(RUNS).list()) {
    const settings = await readSettings(root.sub(RUNS).sub(name)).catch(() => undefined);
    if (settings) used.add(await storeOf(settings));
  }
  return (await root.sub(ACTIVATIONS).list()).filter((store) => !used.has(store));
}

/**
 * Deletes a run and the stores that no other run trains on; `removeFolder` takes a folder away
 * with everything in it. Refuses while the run is being trained.
 */
export async function deleteRun(
  root: Storage,
  name: string,
  removeFolder: (...path: string[]) => Promise<void>,
): Promise<void> {
  const folder = root.sub(RUNS).sub(name);
  const unlock = await folder.lock();
  try {
    await folder.remove(RUN_FILE); // first: what is left of it is no run any more
    await removeFolder(RUNS, name);
  } finally {
    await unlock();
  }
  for (const store of await unusedStores(root)) {
    const free = await root
      .sub(ACTIVATIONS)
      .sub(store)
      .lock()
      .catch(() => undefined);
    if (!free) continue; // in use after all
    try {
      await removeFolder(ACTIVATIONS, store);
    } finally {
      await free();
    }
  }
}

/** The SAE of a finished run: its folder as a zip, as SAELens reads it unpacked, or the weights alone. */
export async function runFiles(
  root: Storage,
  name: string,
  format: 'zip' | 'safetensors',
): Promise<Uint8Array<ArrayBuffer>> {
  const sae = root.sub(RUNS).sub(name).sub(SAE);
  if ((await sae.size(CONFIG_FILE)) === undefined)
    throw new UsageError(`run '${name}' holds no finished SAE; train it to the end`);
  if (format === 'safetensors') return sae.read(WEIGHTS_FILE);
  const files = new Map<string, Uint8Array>();
  for (const file of [CONFIG_FILE, WEIGHTS_FILE, TRAINING_FILE, LOG_FILE])
    if ((await sae.size(file)) !== undefined) files.set(`${name}/${file}`, await sae.read(file));
  return zipStored(files, 64);
}
