// A file of labels.
import { InputError } from '../../core/errors.js';
import { readRegularFile } from '../../formats/read-file.node.js';
import { type Label, parseLabels } from './labels.js';

/** Millions of lines; checked before reading. */
const LARGEST_BYTES = 256 << 20;

/** Reads a CSV of labels (docs/downstream.md) for a network with `classes` classes. InputError for every fault. */
export async function readLabels(path: string, classes: number): Promise<Label[]> {
  const bytes = await readRegularFile(path, LARGEST_BYTES);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${path}: cannot be read as UTF-8 text (${(cause as Error).message})`, { cause });
  }
  return parseLabels(text, path, classes);
}
