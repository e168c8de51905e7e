// SAE folders as SAELens (>= 6) reads them: cfg.json and sae_weights.safetensors with
// exactly the keys of the architecture (METHODS 9.1, docs/formats.md).
import { InputError, shown } from '../core/errors.js';
import { CHECKSUMS_FILE, verified } from '../formats/checksums.js';
import type { Content } from '../formats/pieces.js';
import { safetensorsPieces, type Tensor } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { readTensors } from '../formats/tensor-reader.js';
import { checkNames, type Fail, failAt, finite, own, readJson } from './exchange/strict.js';
import { shapesOf } from './kinds.js';
import { architecture } from './registry.js';
import { readSaelensConfig } from './saelens-config.js';
import type { SaeConfig, SaeTensors } from './types.js';

export const CONFIG_FILE = 'cfg.json';
export const WEIGHTS_FILE = 'sae_weights.safetensors';
/** The version whose layout is written. A missing or older one makes SAELens run its legacy translator. */
const SAELENS_VERSION = '6.18.0';
const SCALER_FILE = 'activation_scaler.json';

export interface SaeFolder {
  config: SaeConfig;
  tensors: SaeTensors;
  /** `metadata` of cfg.json. */
  metadata: Record<string, unknown>;
}

/** What produced an SAE, for cfg.json's metadata. */
export type SaeMetadata = Record<string, string | number | boolean | null>;

/** Writes the weights first and cfg.json last: a folder with cfg.json is whole. */
export async function saveSae(
  storage: Storage,
  config: SaeConfig,
  tensors: SaeTensors,
  metadata: SaeMetadata,
): Promise<void> {
  for (const [name, data] of Object.entries(encodeSae(config, tensors, metadata)))
    await storage.write(name, data);
}

/** The files of an SAE folder in the order in which they are written. */
export function encodeSae(
  config: SaeConfig,
  tensors: SaeTensors,
  metadata: SaeMetadata,
): Record<string, Content> {
  const a = architecture(config.architecture);
  const cfg = {
    architecture: a.kind,
    d_in: config.dIn,
    d_sae: config.dSae,
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: config.applyBDecToInput ?? a.centresInput,
    normalize_activations: config.normalizeActivations ?? 'none',
    reshape_activations: 'none',
    ...(config.k !== undefined && { k: config.k, rescale_acts_by_decoder_norm: false }),
    metadata: {
      sae_lens_version: SAELENS_VERSION,
      sae_lens_training_version: SAELENS_VERSION,
      model_from_pretrained_kwargs: {},
      training_architecture: a.name,
      ...metadata,
    },
  };
  return {
    [WEIGHTS_FILE]: safetensorsPieces(tensors),
    [CONFIG_FILE]: `${JSON.stringify(cfg, null, 2)}\n`,
  };
}

/**
 * Reads a folder of any version of SAELens: what is to be folded (the scale of the activations, the
 * decoder's norms, a finetuned factor) is folded, so that the tensors are the function itself. What was
 * trained here must be as it was written: DamagedFile.
 */
export async function loadSaeFolder(folder: Storage): Promise<SaeFolder> {
  const storage = await verified(
    folder,
    `train it again, or remove ${CHECKSUMS_FILE} if the change is meant`,
  );
  if ((await storage.size(CONFIG_FILE)) === undefined)
    throw new InputError(`${storage.label}: no ${CONFIG_FILE}, so this is not a finished SAE folder`);
  const cfg = readSaelensConfig(
    await readJson(storage, CONFIG_FILE),
    failAt(`${storage.label}/${CONFIG_FILE}`),
  );
  const label = `${storage.label}/${WEIGHTS_FILE}`;
  const fail = failAt(label);
  const { tensors: found } = await readTensors(storage, WEIGHTS_FILE);
  const { dIn, dSae } = cfg.config;
  const { kind } = architecture(cfg.config.architecture);
  const factor = takeFactor(found, dSae, cfg.finetuned, fail);
  const shapes = shapesOf(kind, dIn, dSae);
  checkNames(found.keys(), Object.keys(shapes), [], `architecture ${kind}`, fail);
  const tensors: SaeTensors = {};
  for (const [name, shape] of Object.entries(shapes))
    tensors[name] = { shape, data: finite(name, found.get(name)!, shape, fail) };
  const metadata = { ...cfg.metadata };
  if (factor) {
    foldFactor(tensors, factor);
    metadata.folded_finetuning_factor = true;
  }
  if (cfg.rescaled) {
    foldDecoderNorms(tensors);
    metadata.folded_decoder_norms = true;
  }
  if (cfg.scaled) {
    metadata.folded_activation_scale = await readScale(storage);
    foldScale(tensors, metadata.folded_activation_scale as number);
  }
  return { config: cfg.config, tensors, metadata };
}

/** The scale s of expected_average_only_in: the SAE was trained on s x. */
async function readScale(storage: Pick<Storage, 'label' | 'size' | 'read'>): Promise<number> {
  const fail = failAt(`${storage.label}/${SCALER_FILE}`);
  if ((await storage.size(SCALER_FILE)) === undefined)
    throw new InputError(
      `${storage.label}/${CONFIG_FILE}: normalize_activations is expected_average_only_in, and the scale of its training is not there; ` +
        `put SAELens' ${SCALER_FILE} beside it, or fold the scale into the weights`,
    );
  const scaler = await readJson(storage, SCALER_FILE);
  if (own(scaler, 'has_whitening')) fail('whitens the activations, which is not read here');
  const s = own(scaler, 'scaling_factor');
  if (typeof s !== 'number' || !(s > 0 && s < Number.POSITIVE_INFINITY))
    return fail(`scaling_factor is ${shown(s)}, not a number above 0`);
  return s;
}

/** W_enc s, W_dec / s, b_dec / s: the function of x that the weights had of s x. Biases of latents and thresholds stay. */
function foldScale({ W_enc, W_dec, b_dec }: SaeTensors, s: number): void {
  for (let i = 0; i < W_enc.data.length; i++) W_enc.data[i] *= s;
  for (const { data } of [W_dec, b_dec]) for (let i = 0; i < data.length; i++) data[i] /= s;
}

/**
 * The factor of each feature that finetuning of old versions added, out of `tensors`; undefined
 * where there is none, or where it is 1 throughout, as those versions wrote without finetuning.
 */
function takeFactor(
  tensors: Map<string, Tensor>,
  dSae: number,
  finetuned: boolean,
  fail: Fail,
): Float32Array | undefined {
  const name = ['finetuning_scaling_factor', 'scaling_factor'].find((n) => tensors.has(n));
  if (name === undefined) return undefined;
  const factor = finite(name, tensors.get(name)!, [dSae], fail);
  tensors.delete(name);
  if (factor.every((v) => v === 1)) return undefined;
  if (!finetuned) fail(`${name} is not 1, and cfg.json does not say finetuning_scaling_factor`);
  return factor;
}

/** Decoding a factor times each feature is decoding with rows times that factor. */
function foldFactor({ W_dec }: SaeTensors, factor: Float32Array): void {
  const d = W_dec.shape[1];
  for (let i = 0; i < W_dec.data.length; i++) W_dec.data[i] *= factor[Math.floor(i / d)];
}

/**
 * rescale_acts_by_decoder_norm multiplies pre-activations by ||W_dec_i|| before the top-k and divides
 * by it before decoding. The same function without it: W_enc and b_enc times the norm, W_dec of norm 1.
 */
function foldDecoderNorms({ W_enc, W_dec, b_enc }: SaeTensors): void {
  const [f, d] = W_dec.shape;
  for (let i = 0; i < f; i++) {
    const row = W_dec.data.subarray(i * d, (i + 1) * d);
    let squared = 0;
    for (const v of row) squared += v * v;
    const norm = Math.sqrt(squared);
    for (let j = 0; j < d; j++) W_enc.data[j * f + i] *= norm;
    b_enc.data[i] *= norm;
    if (norm > 0) for (let j = 0; j < d; j++) row[j] /= norm; // a row of zeros: the latent never fires
  }
}
