// How far a kept training is, without the tensors: the log in its record, or in the header
// of its checkpoint, which is what a resumed run goes on from.
import { headerLength, parseHeader } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { CHECKPOINT_FILE, parseState } from '../sae/checkpoint.js';
import { readRecord } from '../sae/folder.js';
import { CONFIG_FILE } from '../sae/saelens.js';
import type { TrainProgress } from '../sae/types.js';

export interface SavedProgress {
  finished: boolean;
  /** Steps that need not be done again. */
  step: number;
  log: TrainProgress[];
}

/** InputError: what is there cannot be read. */
export async function savedProgress(sae: Storage): Promise<SavedProgress> {
  if ((await sae.size(CONFIG_FILE)) !== undefined) {
    const record = await readRecord(sae);
    return { finished: true, step: record.log.at(-1)?.step ?? 0, log: record.log };
  }
  const size = await sae.size(CHECKPOINT_FILE);
  if (size === undefined) return { finished: false, step: 0, log: [] };
  const label = `${sae.label}/${CHECKPOINT_FILE}`;
  const length = headerLength(await sae.readRange(CHECKPOINT_FILE, 0, 8), size, label);
  const { metadata } = parseHeader(await sae.readRange(CHECKPOINT_FILE, 8, length), size, label);
  const { step, log } = parseState(metadata.state, label);
  return { finished: false, step, log };
}

/** The log of what is saved; empty where it cannot be read: training itself says what is wrong. */
export const savedLog = (sae: Storage): Promise<TrainProgress[]> =>
  savedProgress(sae).then(
    ({ log }) => log,
    () => [],
  );
