// A file of labels.
import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../../core/errors.js';
import { type Label, parseLabels } from './labels.js';

/** Millions of lines; checked before reading. */
const LARGEST_BYTES = 256 << 20;

/** Reads a CSV of labels (docs/downstream.md) for a network with `classes` classes. InputError for every fault. */
export async function readLabels(path: string, classes: number): Promise<Label[]> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) throw new InputError(`${path}: no such file of labels`);
  if (info.size > LARGEST_BYTES)
    throw new InputError(`${path}: ${info.size} bytes, more than the limit of ${LARGEST_BYTES} for labels`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new InputError(`${path}: cannot be read as UTF-8 text (${(cause as Error).message})`, { cause });
  }
  return parseLabels(text, path, classes);
}
