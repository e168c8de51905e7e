// SAEs of EleutherAI's sparsify (METHODS 9.2): cfg.json and sae.safetensors with encoder.weight
// [F,D], encoder.bias [F], W_dec [F,D], b_dec [D]. It computes f = keep_topk(ReLU((x - b_dec) W^T + b), k),
// the same values as topk here. Transcoders, skip connections and groupmax are other functions.
import { shown } from '../../core/errors.js';
import type { Pieces } from '../../formats/pieces.js';
import { safetensorsPieces, type Tensor } from '../../formats/safetensors.js';
import { transpose } from '../memory.js';
import { architecture, architectures } from '../registry.js';
import type { SaeFolder } from '../saelens.js';
import type { SaeConfig, SaeTensors } from '../types.js';
import {
  checkK,
  checkNames,
  checkPlain,
  failAt,
  finite,
  isObject,
  isOff,
  type Json,
  matrixShape,
  own,
  wholeNumber,
} from './strict.js';

export const SPARSIFY_WEIGHTS = 'sae.safetensors';
export const SPARSIFY_CONFIG = 'cfg.json';
const MEMORY = 'sparsify';
const KEYS = ['encoder.weight', 'encoder.bias', 'W_dec', 'b_dec'] as const;

/** Switches that change what is computed, and why they are refused. */
const REFUSED: Record<string, string> = {
  transcode: 'it is a transcoder (it predicts another activation than its input)',
  skip_connection: 'it has a linear skip connection (W_skip)',
  embed_skip: 'it has a skip connection from the embedding',
  gram_lookup: 'it subtracts a table of n-gram means from its input',
  signed: 'its latents have signs',
};
const OWN_PART = 'curvesae';
/** Keys that are read, of training, or of a table that gram_lookup would use. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['activation', 'd_in', 'num_latents', 'expansion_factor', 'k', OWN_PART],
  ...['normalize_decoder', 'multi_topk', 'lookup_max_order', 'gram_table_hash'],
]);

/** The SAE of a sparsify folder. InputError naming what is wrong or what cannot be expressed here. */
export function importSparsify(
  weights: ReadonlyMap<string, Tensor>,
  cfg: Json,
  labels: { weights: string; config: string },
): SaeFolder {
  const fail = failAt(labels.weights);
  const failConfig = failAt(labels.config);
  const activation = own(cfg, 'activation') ?? 'topk';
  if (activation !== 'topk') failConfig(`activation '${shown(activation)}' is not read here; read: topk`);
  for (const [key, value] of Object.entries(cfg)) {
    if (Object.hasOwn(REFUSED, key) && value) failConfig(`${REFUSED[key]}; that is not read here`);
    if (!KNOWN.has(key) && !isOff(value))
      failConfig(
        `'${shown(key)}' is set, and whether it changes what the SAE computes is not known here; remove it where it does not`,
      );
  }
  const { [OWN_PART]: kept, ...theirs } = cfg;
  const d = wholeNumber(cfg, 'd_in', failConfig);
  if (d === undefined) return failConfig("has no 'd_in'");
  checkNames(weights.keys(), KEYS, [], 'a sparsify SAE', fail);
  const [f, width] = matrixShape('encoder.weight', weights.get('encoder.weight')!, fail);
  const latents = own(cfg, 'num_latents') === 0 ? undefined : wholeNumber(cfg, 'num_latents', failConfig);
  const factor = wholeNumber(cfg, 'expansion_factor', failConfig);
  const expected = latents ?? (factor === undefined ? f : factor * d);
  if (width !== d || f !== expected)
    fail(`encoder.weight has shape [${f},${width}], cfg.json says [${expected},${d}]`);
  const k = wholeNumber(cfg, 'k', failConfig);
  if (k === undefined) return failConfig("has no 'k'");
  checkK(k, f, failConfig);

  const get = (name: (typeof KEYS)[number], shape: number[]) => finite(name, weights.get(name)!, shape, fail);
  const tensors: SaeTensors = {
    W_enc: { shape: [d, f], data: transpose(get('encoder.weight', [f, d]), f, d) },
    b_enc: { shape: [f], data: get('encoder.bias', [f]) },
    W_dec: { shape: [f, d], data: get('W_dec', [f, d]) },
    b_dec: { shape: [d], data: get('b_dec', [d]) },
  };
  const { training_architecture: trained, ...before } = isObject(kept) ? kept : {};
  const name = architectures().find((a) => a.name === trained && a.kind === 'topk')?.name ?? 'topk';
  const config: SaeConfig = { architecture: name, dIn: d, dSae: f, k };
  if (!architecture(name).centresInput) config.applyBDecToInput = true;
  return { config, tensors, metadata: { ...before, [MEMORY]: theirs } };
}

/** Weights file and cfg.json of an SAE. InputError where sparsify has no such SAE. */
export function exportSparsify(
  { config, tensors, metadata }: SaeFolder,
  label: string,
): { weights: Pieces; cfg: Json } {
  const fail = failAt(`${label}: cannot be written for sparsify`);
  const { kind, name, centresInput } = architecture(config.architecture);
  if (kind !== 'topk' || config.k === undefined)
    return fail(`it is of kind ${kind} (${name}), and sparsify has only topk`);
  checkPlain(config, fail);
  if (!(config.applyBDecToInput ?? centresInput))
    fail('sparsify subtracts b_dec from the input, and this SAE does not');
  const { dIn: d, dSae: f, k } = config;
  const weights = safetensorsPieces({
    'encoder.weight': { shape: [f, d], data: transpose(tensors.W_enc.data, d, f) },
    'encoder.bias': tensors.b_enc,
    W_dec: tensors.W_dec,
    b_dec: tensors.b_dec,
  });
  const { [MEMORY]: theirs, ...rest } = metadata;
  const cfg: Json = {
    activation: 'topk',
    expansion_factor: Math.max(1, Math.floor(f / d)),
    normalize_decoder: true,
    multi_topk: false,
    skip_connection: false,
    transcode: false,
    ...(isObject(theirs) ? theirs : {}),
    num_latents: f,
    k,
    d_in: d,
    [OWN_PART]: { ...rest, training_architecture: name },
  };
  return { weights, cfg };
}
