// Names of a network's classes, from the files that they are published in.
import { InputError } from '../src/core/errors.js';

/** Files that are looked for beside weights, in this order; NAME stands for that of the weights. */
export const CLASS_FILES = ['NAME.classes.json', 'classes.json', 'synset_words.txt'] as const;

/** What to do where there is none. */
export const HOW_TO_NAME =
  "put a classes.json (a list of names, in the order of the classes) beside the weights, or for googlenet Caffe's synset_words.txt (in caffe_ilsvrc12.tar.gz of dl.caffe.berkeleyvision.org)";

/** The names in one of CLASS_FILES. InputError naming it where it holds no such list. */
export function parseClassNames(text: string, file: string): string[] {
  if (file.endsWith('.txt')) return lines(text).map((line) => line.replace(/^n\d{8}\s+/, ''));
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file}: not valid JSON; repair or remove it`, { cause });
  }
  const names = Array.isArray(list)
    ? list.map((entry) => (typeof entry === 'string' ? entry : (entry as { name?: unknown } | null)?.name))
    : undefined;
  if (!names?.every((n) => typeof n === 'string'))
    throw new InputError(`${file}: must be a list of names or of objects with a name; repair or remove it`);
  return names as string[];
}

/** One name a line, as inception5h.zip has them; its last outputs have none. */
export function namesOf(text: string, classes: number): string[] {
  const names = lines(text);
  return Array.from({ length: classes }, (_, i) => names[i] ?? `class ${i}`);
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
