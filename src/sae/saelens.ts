// SAE folders as SAELens (>= 6) reads them: cfg.json and sae_weights.safetensors with
// exactly the keys of the architecture (METHODS 9.1, docs/formats.md).
import { InputError } from '../core/errors.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import { shapesOf } from './kinds.js';
import { architecture, architectureOf } from './registry.js';
import type { SaeConfig, SaeTensors } from './types.js';

export const CONFIG_FILE = 'cfg.json';
export const WEIGHTS_FILE = 'sae_weights.safetensors';
/** The version whose layout is written. A missing or older one makes SAELens run its legacy translator. */
const SAELENS_VERSION = '6.18.0';
const MAX_CONFIG_BYTES = 1 << 20;

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
  const a = architecture(config.architecture);
  const cfg = {
    architecture: a.kind,
    d_in: config.dIn,
    d_sae: config.dSae,
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: config.applyBDecToInput ?? a.centresInput,
    normalize_activations: 'none',
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
  await storage.write(WEIGHTS_FILE, encodeSafetensors(tensors));
  await storage.write(CONFIG_FILE, `${JSON.stringify(cfg, null, 2)}\n`);
}

export async function loadSaeFolder(storage: Storage): Promise<SaeFolder> {
  const size = await storage.size(CONFIG_FILE);
  if (size === undefined)
    throw new InputError(`${storage.label}: no ${CONFIG_FILE}, so this is not a finished SAE folder`);
  if (size > MAX_CONFIG_BYTES)
    throw new InputError(`${storage.label}/${CONFIG_FILE}: ${size} bytes is too large`);
  const cfg = parseConfig(await storage.read(CONFIG_FILE), `${storage.label}/${CONFIG_FILE}`);
  const label = `${storage.label}/${WEIGHTS_FILE}`;
  const { tensors } = parseSafetensors(await storage.read(WEIGHTS_FILE), label);
  const { dIn, dSae } = cfg.config;
  const { kind } = architecture(cfg.config.architecture);
  const shapes = shapesOf(kind, dIn, dSae);
  const extra = [...tensors.keys()].filter((k) => !Object.hasOwn(shapes, k));
  const missing = Object.keys(shapes).filter((k) => !tensors.has(k));
  if (missing.length || extra.length)
    throw new InputError(
      `${label}: wrong tensors for architecture ${kind}: ` +
        [missing.length && `missing ${missing.join(', ')}`, extra.length && `unexpected ${extra.join(', ')}`]
          .filter(Boolean)
          .join('; '),
    );
  const out: SaeTensors = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = tensors.get(name)!;
    if (tensor.shape.join() !== shape.join()) {
      const turned = tensor.shape.length === 2 && tensor.shape.toReversed().join() === shape.join();
      throw new InputError(
        `${label}: ${name} has shape [${tensor.shape}], cfg.json says [${shape}]${turned ? '; it is transposed' : ''}`,
      );
    }
    const data = tensor.f32();
    const bad = data.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0)
      throw new InputError(
        `${label}: ${name} holds ${data[bad]} at element ${bad}; train or download it again`,
      );
    out[name] = { shape, data };
  }
  if (!cfg.rescaled) return { config: cfg.config, tensors: out, metadata: cfg.metadata };
  foldDecoderNorms(out);
  return { config: cfg.config, tensors: out, metadata: { ...cfg.metadata, folded_decoder_norms: true } };
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

function parseConfig(
  bytes: Uint8Array,
  label: string,
): { config: SaeConfig; metadata: Record<string, unknown>; rescaled: boolean } {
  const fail = (reason: string): never => {
    throw new InputError(`${label}: ${reason}`);
  };
  let cfg: Record<string, unknown> = {};
  try {
    cfg = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    fail('is not valid JSON');
  }
  if (cfg === null || typeof cfg !== 'object') fail('is not an object');
  const whole = (key: string): number => {
    const n = cfg[key];
    if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 1 || n > 1 << 24)
      return fail(`'${key}' must be a whole number above 0`);
    return n;
  };
  if (typeof cfg.architecture !== 'string') return fail("has no 'architecture'");
  const metadata =
    cfg.metadata !== null && typeof cfg.metadata === 'object'
      ? (cfg.metadata as Record<string, unknown>)
      : {};
  const a = architectureOf(cfg.architecture, metadata.training_architecture);
  const config: SaeConfig = { architecture: a.name, dIn: whole('d_in'), dSae: whole('d_sae') };
  if (a.kind === 'topk') {
    if (cfg.k === undefined) fail("has no 'k', which topk needs");
    config.k = whole('k');
    if (config.k > config.dSae) fail(`k ${config.k} is larger than d_sae ${config.dSae}`);
  }
  const rescaled = cfg.rescale_acts_by_decoder_norm === true;
  if (rescaled && a.kind !== 'topk')
    fail(`rescale_acts_by_decoder_norm is read for topk, not for ${a.kind}; fold the norms into the weights`);
  const centred = cfg.apply_b_dec_to_input;
  if (centred !== undefined && typeof centred !== 'boolean')
    fail('apply_b_dec_to_input must be true or false');
  if (centred !== undefined && centred !== a.centresInput) config.applyBDecToInput = centred as boolean;
  if (
    cfg.normalize_activations !== undefined &&
    !['none', 'expected_average_only_in'].includes(String(cfg.normalize_activations))
  )
    fail(`normalize_activations '${cfg.normalize_activations}' is not supported; fold it into the weights`);
  return { config, metadata, rescaled };
}
