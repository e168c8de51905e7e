// `sae info` and `sae convert`: what is in an SAE folder, and one from another.
import { UsageError } from '../core/errors.js';
import { kOf } from '../sae/exchange/dictionary-learning.js';
import { FORMAT_FILES, loadAnySae, SAE_FORMATS, type SaeFormat, saveSaeAs } from '../sae/exchange/folder.js';
import { architecture } from '../sae/registry.js';
import type { SaeFolder } from '../sae/saelens.js';
import { SAE_OPTION, type SaeOption } from './matrix.js';
import { saeFolder } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { OutSpec, Platform } from './platform.js';

export interface SaeInfo {
  folder: string;
  format: SaeFormat;
  architecture: string;
  /** SAELens's class of it. */
  kind: string;
  dIn: number;
  dSae: number;
  k?: number;
  /** b_dec is subtracted from the input. */
  applyBDecToInput: boolean;
  /** Shapes by name. */
  tensors: Record<string, number[]>;
  metadata: Record<string, unknown>;
}

export async function saeInfo(platform: Platform, options: SaeOption): Promise<SaeInfo> {
  const o = checked('sae.info', SAE_OPTION, options);
  const storage = await saeFolder(await platform.saeStorage(o.sae, {}));
  const { format, config, tensors, metadata } = await loadAnySae(storage);
  const { kind, centresInput } = architecture(config.architecture);
  return {
    folder: storage.label,
    format,
    architecture: config.architecture,
    kind,
    dIn: config.dIn,
    dSae: config.dSae,
    ...(config.k !== undefined && { k: config.k }),
    applyBDecToInput: config.applyBDecToInput ?? centresInput,
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    metadata,
  };
}

export const CONVERT_OPTIONS = {
  to: { kind: 'choice', of: SAE_FORMATS, help: 'format that convert writes' },
  k: {
    kind: 'integer',
    value: 'N',
    help: 'for dictionary_learning: k of a BatchTopK SAE whose folder does not say it',
    min: 1,
  },
} as const satisfies Options;

const CONVERT_CALL_OPTIONS = {
  ...SAE_OPTION,
  ...CONVERT_OPTIONS,
  to: { ...CONVERT_OPTIONS.to, required: true },
  out: { kind: 'text', value: 'OUT', help: 'the folder to write', required: true, object: true },
} as const satisfies Options;

export interface SaeConvertCall extends SaeOption {
  /** An empty folder. */
  out: OutSpec;
  /** Format to write. */
  to: SaeFormat;
  /** For dictionary_learning: k of a BatchTopK SAE whose folder does not say it. */
  k?: number;
}

export interface SaeConvertReport {
  out: string;
  from: SaeFormat;
  to: SaeFormat;
  architecture: string;
  dIn: number;
  dSae: number;
}

export async function saeConvert(platform: Platform, options: SaeConvertCall): Promise<SaeConvertReport> {
  const o = checked('sae.convert', CONVERT_CALL_OPTIONS, options);
  const { to, k } = o;
  const out = platform.storage(o.out);
  for (const { weights, config } of Object.values(FORMAT_FILES))
    for (const file of [weights, config])
      if ((await out.size(file)) !== undefined)
        throw new UsageError(`${out.label}: already holds ${file}; give an empty folder`);
  const storage = await saeFolder(await platform.saeStorage(o.sae, {}));
  const sae = await loadAnySae(storage);
  if (k !== undefined) sae.metadata.k = knownK(sae, to, k);
  await platform.ensureFolder(o.out);
  await saveSaeAs(out, to, sae, storage.label);
  return {
    out: out.label,
    from: sae.format,
    to,
    architecture: sae.config.architecture,
    dIn: sae.config.dIn,
    dSae: sae.config.dSae,
  };
}

/** `k` where it is missing and asked for; UsageError where it is neither. */
function knownK({ config, metadata }: SaeFolder, format: SaeFormat, k: number): number {
  const { kind } = architecture(config.architecture);
  if (format !== 'dictionary_learning' || kind !== 'jumprelu')
    throw new UsageError('--k is for BatchTopK SAEs written for dictionary_learning');
  const said = kOf(config, metadata);
  if (said !== undefined && said !== k) throw new UsageError(`--k ${k}: the SAE says ${said}`);
  return k;
}
