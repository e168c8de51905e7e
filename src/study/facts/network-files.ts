// The network in the explorer's data: what the tap needs, which the live pages compute with, and apart from it what lies
// behind the tap, which is fetched only where someone asks what a unit does to the classes.
import type { Storage } from '../../formats/storage.js';
import { baseOf, neededLayers } from '../../network/taps.js';
import type { Model } from '../../network/types.js';
import { logitsOf } from '../circuit/path.js';
import { BEHIND_FILE, CLASSES_FILE, type ExplorerIndex, MODEL_FILE } from './format.js';

/** `model`: undefined where it is not there. `encode`: the file of a model's tensors. Answers what the index says of the rest. */
export async function writeNetwork(
  storage: Storage,
  model: Model | undefined,
  tap: string,
  encode: (model: Model) => Uint8Array,
): Promise<ExplorerIndex['behind']> {
  if (!model) return { reason: 'the network of this run is not here' };
  const { description, classes } = model;
  const layers = (read: string) => new Set(neededLayers(description, [baseOf(read)]).map((l) => l.out));
  const before = layers(tap);
  const part = (has: (layer: string) => boolean): Model => ({
    ...model,
    parameters: new Map([...model.parameters].filter(([layer]) => has(layer))),
  });
  await storage.write(MODEL_FILE, encode(part((layer) => before.has(layer))));
  const logits = logitsOf(model);
  if (logits === undefined)
    return {
      reason:
        description.classes === undefined
          ? 'this network does not classify'
          : `its weights end at ${model.lastTap}, before the logits`,
    };
  const all = layers(logits);
  const bytes = encode(part((layer) => all.has(layer) && !before.has(layer)));
  await storage.write(BEHIND_FILE, bytes);
  if (classes) await storage.write(CLASSES_FILE, JSON.stringify(classes));
  return { bytes: bytes.byteLength, named: classes !== undefined };
}
