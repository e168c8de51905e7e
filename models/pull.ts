// Downloads published weights: digest before anything is parsed, then our own safetensors.

import { InputError } from '../src/core/errors.js';
import { sha256 } from '../src/core/hash.js';
import { download } from '../src/formats/download.js';
import { parseWeights } from '../src/formats/weights.js';
import { unzip } from '../src/formats/zip.js';
import { namesOf } from './class-names.js';
import { encodeModel, networkTensors } from './convert.js';
import type { PublicFile, PublicWeights } from './public-weights.js';
import { modelFromTensors } from './recognise.js';

export interface PullHooks {
  onProgress?: (bytes: number, total: number | undefined) => void;
  signal?: AbortSignal;
}

export interface Pulled {
  /** The model as a safetensors file. */
  weights: Uint8Array;
  /** Names of its classes, where they are published with it. */
  classes?: string[];
}

/** The model and its class names. InputError: unreachable, too large, another content than published. */
export async function pullWeights(
  name: 'inceptionv1' | 'googlenet',
  source: PublicWeights,
  hooks: PullHooks = {},
): Promise<Pulled> {
  const bytes = await download(source.url, {
    maxBytes: source.maxBytes,
    ...hooks,
    advice: 'download it by other means and give the file with --model',
  });
  const { algorithm, hex } = source.digest;
  const digest = toHex(await globalThis.crypto.subtle.digest(algorithm, bytes));
  if (digest !== hex)
    throw new InputError(
      `${source.url}: ${algorithm} is ${digest}, published is ${hex}; not kept. Try again, or give the weights file yourself`,
    );
  const members = source.member === undefined ? undefined : unzip(bytes, source.url);
  const weights = source.member === undefined ? bytes : members?.get(source.member);
  if (!weights) throw new InputError(`${source.url}: holds no ${source.member}`);
  const label = source.member ?? source.url;
  const tensors = networkTensors(parseWeights(weights, label));
  const model = modelFromTensors(tensors, { name, sha256: await sha256(weights), architecture: name });
  const names = source.classes === undefined ? undefined : members?.get(source.classes);
  return {
    weights: encodeModel(model),
    ...(names && { classes: namesOf(new TextDecoder().decode(names), model.description.classes ?? 0) }),
  };
}

/** A file as it is published. InputError: unreachable, too large, another content than published. */
export async function pullFile(
  { url, hex, maxBytes, keep }: PublicFile,
  hooks: PullHooks = {},
): Promise<Uint8Array> {
  const advice = `download it by other means and put it into the cache folder (CURVESAE_CACHE) as ${keep}, or give the file with --model`;
  const bytes = await download(url, { maxBytes, ...hooks, advice });
  const digest = await sha256(bytes);
  if (digest !== hex)
    throw new InputError(
      `${url}: SHA-256 is ${digest}, published is ${hex}; not kept. Try again, or ${advice}`,
    );
  return bytes;
}

const toHex = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('');
