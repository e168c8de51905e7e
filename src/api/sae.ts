// `sae info` and `sae convert`: what is in an SAE folder, and one from another.
import { UsageError } from '../core/errors.js';
import { kOf } from '../sae/exchange/dictionary-learning.js';
import { FORMAT_FILES, SAE_FORMATS, type SaeFormat, saveSaeAs } from '../sae/exchange/folder.js';
import { architecture } from '../sae/registry.js';
import type { SaeFolder } from '../sae/saelens.js';
import type { Normalization } from '../sae/types.js';
import { SAE_OPTION, type SaeOption } from './matrix.js';
import { AS_OPTIONS, type AsOptions, hintsOf, loadSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { OutSpec, Platform } from './platform.js';

export interface SaeInfo {
  folder: string;
  format: SaeFormat | 'state_dict';
  architecture: string;
  /** SAELens's class of it. */
  kind: string;
  dIn: number;
  dSae: number;
  k?: number;
  /** b_dec is subtracted from the input. */
  applyBDecToInput: boolean;
  /** Each vector is normalised by itself: 'none' where it is not. */
  normalizeActivations: 'none' | Normalization;
  /** Shapes by name. */
  tensors: Record<string, number[]>;
  metadata: Record<string, unknown>;
}

export async function saeInfo(platform: Platform, options: SaeOption & AsOptions): Promise<SaeInfo> {
  const o = checked('sae.info', { ...SAE_OPTION, ...AS_OPTIONS }, options);
  const { format, config, tensors, metadata, label } = await loadSae(platform, o.sae, hintsOf(o));
  const { kind, centresInput } = architecture(config.architecture);
  return {
    folder: label,
    format,
    architecture: config.architecture,
    kind,
    dIn: config.dIn,
    dSae: config.dSae,
    ...(config.k !== undefined && { k: config.k }),
    applyBDecToInput: config.applyBDecToInput ?? centresInput,
    normalizeActivations: config.normalizeActivations ?? 'none',
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    metadata,
  };
}

export const CONVERT_OPTIONS = {
  to: { kind: 'choice', of: SAE_FORMATS, help: 'format that convert writes' },
  ...AS_OPTIONS,
  k: {
    kind: 'integer',
    value: 'N',
    help: 'k where the SAE does not say it: of a TopK SAE given as one file; of BatchTopK for dictionary_learning',
    min: 1,
  },
} as const satisfies Options;

const CONVERT_CALL_OPTIONS = {
  ...SAE_OPTION,
  ...CONVERT_OPTIONS,
  to: { ...CONVERT_OPTIONS.to, required: true },
  out: { kind: 'text', value: 'OUT', help: 'the folder to write', required: true, object: true },
} as const satisfies Options;

export interface SaeConvertCall extends SaeOption, AsOptions {
  /** An empty folder. */
  out: OutSpec;
  /** Format to write. */
  to: SaeFormat;
  /** k where the SAE does not say it: of a TopK SAE given as one file; of BatchTopK for dictionary_learning. */
  k?: number;
}

export interface SaeConvertReport {
  out: string;
  from: SaeFormat | 'state_dict';
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
  // Of a folder, k completes what it says; of a file, it is the SAE's own.
  const hints = hintsOf(o);
  const isFile = (await platform.saeFile(o.sae, {})) !== undefined;
  const sae = await loadSae(platform, o.sae, isFile ? hints : { ...hints, k: undefined });
  if (k !== undefined && !isFile) sae.metadata.k = knownK(sae, to, k);
  await platform.ensureFolder(o.out);
  const unlock = await out.lock();
  try {
    await saveSaeAs(out, to, sae, sae.label);
  } catch (error) {
    // Half an SAE is none.
    for (const file of Object.values(FORMAT_FILES[to])) await out.remove(file).catch(() => {});
    throw error;
  } finally {
    await unlock();
  }
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
