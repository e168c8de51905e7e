// SAE arguments: an SAE folder of any format that is read, a folder that holds exactly one such
// folder, or a file that is one SAE's state dictionary.
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import { nodeStorage } from '../formats/storage.node.js';
import { loadAnySae, loadSaeFile, type SaeFormat, saeFormat } from '../sae/exchange/folder.js';
import { refuseHints, type StateDictHints } from '../sae/exchange/state-dict.js';
import { LoadedSae } from '../sae/inference.js';
import { architecture, architectureNames } from '../sae/registry.js';
import { CONFIG_FILE, type SaeFolder } from '../sae/saelens.js';
import type { Flags, Values } from './flags.js';

export interface OpenedSae {
  sae: LoadedSae;
  metadata: Record<string, unknown>;
}

/** What a file that is a bare state dictionary cannot say. */
export const AS_FLAGS = {
  as: {
    kind: 'text',
    value: 'A',
    help: `for an SAE given as one file (.pt, .safetensors, .npz): its architecture where the file does not say it: ${architectureNames().join(', ')}`,
  },
  k: { kind: 'integer', value: 'N', help: 'with --as: k of a TopK SAE', min: 1 },
  'b-dec-to-input': {
    kind: 'choice',
    of: ['yes', 'no'],
    help: 'with --as: whether b_dec is subtracted from the input (default: as the library of the file has it)',
  },
} as const satisfies Flags;

export function hintsOf(values: Values<typeof AS_FLAGS>): StateDictHints {
  const { as: name, k, 'b-dec-to-input': subtract } = values;
  if (name !== undefined) architecture(name);
  return { architecture: name, k, applyBDecToInput: subtract === undefined ? undefined : subtract === 'yes' };
}

/** The SAE at `path`. UsageError where something is said about a folder, which says it itself. */
export async function loadSae(
  path: string | undefined,
  hints: StateDictHints = {},
): Promise<SaeFolder & { format: SaeFormat | 'state_dict'; label: string }> {
  const info = path ? await stat(path).catch(() => undefined) : undefined;
  if (path && info && !info.isDirectory()) {
    const bytes = await nodeStorage(dirname(path)).read(basename(path));
    return { ...loadSaeFile(bytes, path, hints), label: path };
  }
  const storage = await saeFolder(path);
  refuseHints(hints, storage.label);
  return { ...(await loadAnySae(storage)), label: storage.label };
}

/** The folder of one SAE: `path`, or the only SAE folder in it. */
async function saeFolder(path: string | undefined): Promise<Storage> {
  if (!path) throw new UsageError('give the folder or the file of the SAE');
  const storage = nodeStorage(path);
  if ((await saeFormat(storage)) !== undefined || (await storage.size(CONFIG_FILE)) !== undefined)
    return storage;
  const inner: string[] = [];
  for (const name of await storage.list())
    if ((await saeFormat(storage.sub(name))) !== undefined) inner.push(name);
  if (inner.length > 1)
    throw new InputError(
      `${path}: holds ${inner.length} SAEs; give one: ${inner.map((n) => `${path}/${n}`).join(', ')}`,
    );
  return inner.length ? storage.sub(inner[0]) : storage;
}

export async function openSae(
  engine: Engine,
  path: string | undefined,
  hints?: StateDictHints,
): Promise<OpenedSae> {
  const { config, tensors, metadata } = await loadSae(path, hints);
  return { sae: new LoadedSae(engine, config, tensors), metadata };
}

/** The single positional argument. */
export function onlyArgument(positionals: string[], what: string): string {
  if (positionals.length !== 1) throw new UsageError(`give exactly one ${what}, not ${positionals.length}`);
  return positionals[0];
}
