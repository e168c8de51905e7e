// SAEs as users name them, in memory and with what is known of their origin.
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { bytesOf } from '../formats/pieces.js';
import type { Storage } from '../formats/storage.js';
import { loadAnySae, loadSaeFile, type SaeFormat, saeFormat } from '../sae/exchange/folder.js';
import { refuseHints, type StateDictHints } from '../sae/exchange/state-dict.js';
import { LoadedSae } from '../sae/inference.js';
import { architecture, architectureNames } from '../sae/registry.js';
import { CONFIG_FILE, type SaeFolder } from '../sae/saelens.js';
import { type CallOptions, sharedEngine } from './call.js';
import type { Options } from './options.js';
import type { FetchHooks, Platform, SaeSpec } from './platform.js';

/** What a file that is a bare state dictionary cannot say. */
export const AS_OPTIONS = {
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
} as const satisfies Options;

/** Of an SAE given as one file, what it does not say. */
export interface AsOptions {
  /** Its architecture. */
  as?: string;
  /** Latents kept by a TopK SAE. */
  k?: number;
  /** Whether b_dec is subtracted from the input; as the library of the file has it unless given. */
  bDecToInput?: 'yes' | 'no';
}

export function hintsOf({ as: name, k, bDecToInput }: AsOptions): StateDictHints {
  if (name !== undefined) architecture(name);
  return {
    architecture: name,
    k,
    applyBDecToInput: bDecToInput === undefined ? undefined : bDecToInput === 'yes',
  };
}

export type LoadedFolder = SaeFolder & { format: SaeFormat | 'state_dict'; label: string; isFile: boolean };

/**
 * The SAE that `spec` names: a folder, the only SAE folder in one, or a file. UsageError where something is
 * said about a folder, which says it itself.
 */
export async function loadSae(
  platform: Platform,
  spec: SaeSpec,
  hints: StateDictHints = {},
  hooks: FetchHooks = {},
): Promise<LoadedFolder> {
  const file = await platform.saeFile(spec, hooks);
  if (file) return { ...loadSaeFile(file.bytes, file.label, hints), label: file.label, isFile: true };
  const storage = await saeFolder(await platform.saeStorage(spec, hooks));
  refuseHints(hints, storage.label);
  return { ...(await loadAnySae(storage)), label: storage.label, isFile: false };
}

/** An SAE in memory, and what its folder says of its origin. dispose() gives the memory back. */
export class OpenedSae extends LoadedSae {
  /** Where it was opened. */
  readonly label: string;
  readonly format: LoadedFolder['format'];
  /** `metadata` of cfg.json. */
  readonly metadata: Record<string, unknown>;

  constructor(engine: Engine, folder: LoadedFolder) {
    super(engine, folder.config, folder.tensors);
    this.label = folder.label;
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

/** Identity of an SAE's numbers. */
export async function hashOfSae({ config, tensors }: Pick<LoadedSae, 'config' | 'tensors'>): Promise<string> {
  const sums: [string, string][] = [];
  for (const [name, { data }] of Object.entries(tensors)) sums.push([name, await sha256(bytesOf(data))]);
  return sha256(canonicalJson([config, Object.fromEntries(sums)]));
}

/** The folder of one SAE: `storage`, or the only SAE folder in it. */
async function saeFolder(storage: Storage): Promise<Storage> {
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

export type SaeOpening = Pick<CallOptions, 'engine' | 'signal'> & AsOptions;

/** Opens an SAE folder, the only one in a folder, or a file, on the call's engine or the shared one. */
export async function openSae(
  platform: Platform,
  spec: SaeSpec,
  { engine, signal, ...said }: SaeOpening = {},
): Promise<OpenedSae> {
  signal?.throwIfAborted();
  const folder = await loadSae(platform, spec, hintsOf(said), { signal });
  return new OpenedSae(engine ?? (await sharedEngine(platform)), folder);
}
