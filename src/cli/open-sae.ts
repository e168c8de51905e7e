// SAE arguments: an SAE folder of any format that is read, or a folder that holds exactly one such folder.
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import { nodeStorage } from '../formats/storage.node.js';
import { loadAnySae, saeFormat } from '../sae/exchange/folder.js';
import { LoadedSae } from '../sae/inference.js';
import { CONFIG_FILE } from '../sae/saelens.js';

export interface OpenedSae {
  sae: LoadedSae;
  metadata: Record<string, unknown>;
}

/** The folder of one SAE: `path`, or the only SAE folder in it. */
export async function saeFolder(path: string | undefined): Promise<Storage> {
  if (!path) throw new UsageError('give the folder of the SAE');
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

export async function openSae(engine: Engine, path: string | undefined): Promise<OpenedSae> {
  const { config, tensors, metadata } = await loadAnySae(await saeFolder(path));
  return { sae: new LoadedSae(engine, config, tensors), metadata };
}

/** The single positional argument. */
export function onlyArgument(positionals: string[], what: string): string {
  if (positionals.length !== 1) throw new UsageError(`give exactly one ${what}, not ${positionals.length}`);
  return positionals[0];
}
