// A model from a URL, for pages and any other runtime with fetch.
import { InputError, UsageError } from '../src/core/errors.js';
import { sha256 } from '../src/core/hash.js';
import { checkSecure, download } from '../src/formats/download.js';
import { parseWeights } from '../src/formats/weights.js';
import type { Model } from '../src/network/types.js';
import { networkTensors } from './convert.js';
import { modelFromTensors, type RecogniseOptions } from './recognise.js';

/** GoogLeNet with its auxiliary heads has 54 MB; GPT-2 (548 MB) asks for `maxBytes`. */
const MAX_BYTES = 256 << 20;

export interface ModelUrlOptions extends Partial<Omit<RecogniseOptions, 'sha256'>> {
  /** Expected SHA-256 of the file, 64 hex digits: anything else is refused before it is parsed. */
  sha256?: string;
  /** Largest file that is accepted; 256 MiB by default. */
  maxBytes?: number;
  /** Given up after so long without a byte; 60,000 by default. */
  stallMs?: number;
  signal?: AbortSignal;
  onProgress?: (bytes: number, total: number | undefined) => void;
}

/**
 * Fetches and opens a weights file (.safetensors, .caffemodel, .pb, .pt) of InceptionV1, GoogLeNet or GPT-2.
 * Relative URLs are relative to the page. http needs `sha256`, except from this machine.
 *
 * @throws UsageError a URL or digest that cannot be; InputError, naming the URL: unreachable, HTTP
 * error, larger than `maxBytes`, broken off, stalled, HTML, another digest, not a model; the signal's reason.
 */
export async function loadModelFromUrl(url: string | URL, options: ModelUrlOptions = {}): Promise<Model> {
  const { sha256: expected, maxBytes = MAX_BYTES, stallMs, signal, onProgress, ...model } = options;
  if (expected !== undefined && !/^[0-9a-f]{64}$/i.test(expected))
    throw new UsageError(`sha256 must be 64 hex digits, not '${expected}'`);
  const href = absolute(url);
  checkSecure(href, expected !== undefined);
  const advice = 'check the URL, or load the file yourself and use modelFromTensors';
  const bytes = await download(href, { maxBytes, stallMs, signal, onProgress, advice });
  const digest = await sha256(bytes);
  if (expected !== undefined && digest !== expected.toLowerCase())
    throw new InputError(`${href}: sha256 is ${digest}, expected ${expected.toLowerCase()}; not loaded`);
  const tensors = networkTensors(parseWeights(bytes, href));
  return modelFromTensors(tensors, { name: stem(href), ...model, sha256: digest });
}

function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.location?.href).href;
  } catch (cause) {
    throw new UsageError(`'${url}' is no URL; outside a page give it whole: https://...`, { cause });
  }
}

const stem = (href: string): string =>
  decodeURIComponent(new URL(href).pathname.split('/').pop() ?? '').replace(/\.\w+$/, '') || 'model';
