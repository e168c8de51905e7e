// Where a network's tokenizer lies: named, beside its weights, or in the cache of pulled ones.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CENTRED } from '../../models/gpt2/centred.js';
import { InputError, UsageError } from '../core/errors.js';
import { readRegularFile } from '../formats/read-file.node.js';
import { openTokenizer, type Tokenizer, type TokenizerFiles } from '../tokens/tokenizer.js';
import type { ModelSpec } from './platform.js';

const JSON_FILE = 'tokenizer.json';
const LARGEST_BYTES = 256 << 20;
const WHAT = `${JSON_FILE}, or vocab.json and merges.txt`;

/** `spec`: a tokenizer.json or vocab.json, or a folder. InputError: there is none. UsageError: nothing says where. */
export async function tokenizerOf(
  spec: string | undefined,
  model: ModelSpec,
  cache: string,
): Promise<Tokenizer> {
  if (spec !== undefined) return openTokenizer(await filesAt(spec));
  if (typeof model !== 'string')
    throw new UsageError(`a network that is no file has no tokenizer beside it; give --tokenizer: ${WHAT}`);
  const name = model.replace(CENTRED, '');
  const pulled = join(cache, `${name}.${JSON_FILE}`);
  if (await kindOf(pulled)) return openTokenizer({ json: await read(pulled), label: pulled });
  if (!(await kindOf(name)))
    throw new InputError(
      `${pulled}: no such tokenizer; curvesae model pull ${name}, or give --tokenizer: ${WHAT}`,
    );
  return openTokenizer(await filesAt(dirname(name)));
}

async function filesAt(path: string): Promise<TokenizerFiles> {
  const kind = await kindOf(path);
  if (kind === 'file' && basename(path) !== 'vocab.json') return { json: await read(path), label: path };
  const folder = kind === 'file' ? dirname(path) : path;
  const [json, vocab, merges] = [JSON_FILE, 'vocab.json', 'merges.txt'].map((name) => join(folder, name));
  if (kind === 'folder' && (await kindOf(json))) return { json: await read(json), label: json };
  if ((await kindOf(vocab)) && (await kindOf(merges)))
    return { vocab: await read(vocab), merges: await read(merges), label: folder };
  throw new InputError(`${folder}: holds no tokenizer; give --tokenizer: ${WHAT}`);
}

const read = (path: string): Promise<Uint8Array> => readRegularFile(path, LARGEST_BYTES);

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info && (info.isDirectory() ? 'folder' : 'file');
}
