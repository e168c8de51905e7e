// Downloads published weights: size cap while reading, digest before anything is parsed,
// then our own safetensors.
import type { PublicWeights } from '../../models/public-weights.js';
import { InputError } from '../core/errors.js';
import { sha256 } from '../formats/hash.js';
import { parseWeights } from '../formats/weights.js';
import { unzip } from '../formats/zip.js';
import { encodeModel, networkTensors } from './convert.js';
import { modelFromTensors } from './load.js';

export interface PullHooks {
  onProgress?: (bytes: number, total: number | undefined) => void;
  signal?: AbortSignal;
}

/** The model as a safetensors file. InputError: unreachable, too large, another content than published. */
export async function pullWeights(
  name: 'inceptionv1' | 'googlenet',
  source: PublicWeights,
  hooks: PullHooks = {},
): Promise<Uint8Array> {
  const bytes = await download(source, hooks);
  const { algorithm, hex } = source.digest;
  const digest = toHex(await globalThis.crypto.subtle.digest(algorithm, bytes));
  if (digest !== hex)
    throw new InputError(
      `${source.url}: ${algorithm} is ${digest}, published is ${hex}; not kept. Try again, or give the weights file yourself`,
    );
  const weights = source.member === undefined ? bytes : unzip(bytes, source.url).get(source.member);
  if (!weights) throw new InputError(`${source.url}: holds no ${source.member}`);
  const label = source.member ?? source.url;
  const tensors = networkTensors(parseWeights(weights, label));
  return encodeModel(modelFromTensors(tensors, { name, sha256: await sha256(weights), architecture: name }));
}

const toHex = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('');

async function download(
  { url, maxBytes }: PublicWeights,
  { onProgress, signal }: PullHooks,
): Promise<Uint8Array<ArrayBuffer>> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new InputError(`${url}: ${reason}; download it by other means and give the file with --model`, {
      cause,
    });
  };
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    return fail(`cannot be reached (${reasonOf(cause)})`, cause);
  }
  if (!response.ok || !response.body) return fail(`HTTP ${response.status}`);
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (length > maxBytes) fail(`${length} bytes, more than the limit of ${maxBytes}`);
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      total += chunk.byteLength;
      if (total > maxBytes) fail(`sends more than the limit of ${maxBytes} bytes`);
      chunks.push(chunk);
      onProgress?.(total, Number.isNaN(length) ? undefined : length);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof InputError) throw cause;
    return fail(`broke off after ${total} bytes (${reasonOf(cause)})`, cause);
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  if (bytes[0] === 0x3c) fail('the server returned HTML, not weights');
  return bytes;
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
};
