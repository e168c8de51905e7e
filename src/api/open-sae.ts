// SAEs as users name them, in memory and with what is known of their origin.
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import { loadAnySae, type SaeFormat, saeFormat } from '../sae/exchange/folder.js';
import { LoadedSae } from '../sae/inference.js';
import { CONFIG_FILE, type SaeFolder } from '../sae/saelens.js';
import { type CallOptions, sharedEngine } from './call.js';
import type { Platform, SaeSpec } from './platform.js';

/** An SAE in memory, and what its folder says of its origin. dispose() gives the memory back. */
export class OpenedSae extends LoadedSae {
  /** Where it was opened. */
  readonly label: string;
  readonly format: SaeFormat;
  /** `metadata` of cfg.json. */
  readonly metadata: Record<string, unknown>;

  constructor(engine: Engine, folder: SaeFolder & { format: SaeFormat }, label: string) {
    super(engine, folder.config, folder.tensors);
    this.label = label;
    this.format = folder.format;
    this.metadata = folder.metadata;
  }

  /** The tap that it was trained on, as createSession() takes it. InputError where cfg.json does not say. */
  get tap(): string {
    return this.#said('hook_name', 'tap');
  }

  /** Name of the network that it was trained on. InputError where cfg.json does not say. */
  get model(): string {
    return this.#said('model_name', 'network');
  }

  /** SHA-256 of the weights that it was trained on; undefined where cfg.json does not say. */
  get weightsSha256(): string | undefined {
    const { weights_sha256: hash } = this.metadata;
    return typeof hash === 'string' ? hash : undefined;
  }

  #said(key: string, what: string): string {
    const value = this.metadata[key];
    if (typeof value !== 'string')
      throw new InputError(
        `${this.label}: its configuration does not name the ${what} that it was trained on ('${key}'); it was trained on vectors of ${this.config.dIn}`,
      );
    return value;
  }
}

/** The folder of one SAE: `storage`, or the only SAE folder in it. */
export async function saeFolder(storage: Storage): Promise<Storage> {
  if ((await saeFormat(storage)) !== undefined || (await storage.size(CONFIG_FILE)) !== undefined)
    return storage;
  const inner: string[] = [];
  for (const name of await storage.list())
    if ((await saeFormat(storage.sub(name))) !== undefined) inner.push(name);
  if (inner.length > 1)
    throw new InputError(
      `${storage.label}: holds ${inner.length} SAEs; give one: ${inner.map((n) => `${storage.label}/${n}`).join(', ')}`,
    );
  return inner.length ? storage.sub(inner[0]) : storage;
}

export type SaeOpening = Pick<CallOptions, 'engine' | 'signal'>;

/** Opens an SAE folder, or the only one in a folder, on the call's engine or the shared one. */
export async function openSae(
  platform: Platform,
  spec: SaeSpec,
  { engine, signal }: SaeOpening = {},
): Promise<OpenedSae> {
  signal?.throwIfAborted();
  const storage = await saeFolder(await platform.saeStorage(spec, { signal }));
  const folder = await loadAnySae(storage);
  return new OpenedSae(engine ?? (await sharedEngine(platform)), folder, storage.label);
}
