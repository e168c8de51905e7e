// SAE arguments: a folder with cfg.json, or a folder that holds exactly one such folder.
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import { nodeStorage } from '../formats/storage.node.js';
import { LoadedSae } from '../sae/inference.js';
import { CONFIG_FILE, loadSaeFolder } from '../sae/saelens.js';

export interface OpenedSae {
  sae: LoadedSae;
  metadata: Record<string, unknown>;
}

export async function openSae(engine: Engine, path: string | undefined): Promise<OpenedSae> {
  if (!path) throw new UsageError('give the folder of the SAE');
  const storage = nodeStorage(path);
  let folder = storage;
  if ((await storage.size(CONFIG_FILE)) === undefined) {
    const inner: string[] = [];
    for (const name of await storage.list())
      if ((await storage.sub(name).size(CONFIG_FILE)) !== undefined) inner.push(name);
    if (inner.length > 1)
      throw new InputError(
        `${path}: holds ${inner.length} SAEs; give one: ${inner.map((n) => `${path}/${n}`).join(', ')}`,
      );
    if (inner.length === 1) folder = storage.sub(inner[0]);
  }
  const { config, tensors, metadata } = await loadSaeFolder(folder);
  return { sae: new LoadedSae(engine, config, tensors), metadata };
}

/** The single positional argument. */
export function onlyArgument(positionals: string[], what: string): string {
  if (positionals.length !== 1) throw new UsageError(`give exactly one ${what}, not ${positionals.length}`);
  return positionals[0];
}
