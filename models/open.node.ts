// MODEL as users write it: `embedded` or `trained`, a pulled name, or a weights file.
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { InputError, unknownName } from '../src/core/errors.js';
import type { CoreMath } from '../src/core/math.js';
import { readRegularFile, readShared } from '../src/formats/read-file.node.js';
import type { Model } from '../src/network/types.js';
import { CLASS_FILES, parseClassNames } from './class-names.js';
import { embeddedModel } from './embedded/index.js';
import { modelOfOwnBytes } from './from-bytes.js';
import { CENTRED, centred } from './gpt2/centred.js';
import { TRAINED } from './stem.js';
import { trainedModel } from './trained/index.js';

/** Names that `model pull` knows. */
export const PULLED_NAMES = ['inceptionv1', 'googlenet', 'gpt2'] as const;
const KNOWN = ['embedded', TRAINED, ...PULLED_NAMES];
/** Above any network this engine runs (GPT-2: 548 MB); checked before reading. */
const LARGEST_BYTES = 1 << 30;

/** Opens MODEL. `cache` is the folder of pulled weights. Errors: UsageError for an unknown name, InputError for files. */
export async function openModel(spec: string, math: CoreMath, cache: string): Promise<Model> {
  if (spec.endsWith(CENTRED)) return centred(await openModel(spec.slice(0, -CENTRED.length), math, cache));
  if (spec === 'embedded') return embeddedModel(math);
  if (spec === TRAINED) return trainedModel();
  if ((PULLED_NAMES as readonly string[]).includes(spec)) {
    const path = join(cache, `${spec}.safetensors`);
    if (!(await exists(path)))
      throw new InputError(
        `model '${spec}' is not here yet: curvesae model pull ${spec}, or give a weights file`,
      );
    return openFile(path, spec);
  }
  if (!(await exists(spec))) {
    if (!/[./\\]/.test(spec)) throw unknownName('model', spec, KNOWN);
    throw new InputError(`${spec}: no such weights file; give a file, or one of ${KNOWN.join(', ')}`);
  }
  return openFile(spec, basename(spec, extname(spec)));
}

async function openFile(path: string, name: string): Promise<Model> {
  if ((await stat(path)).isDirectory())
    throw new InputError(`${path}: is a folder; give the weights file in it`);
  const bytes = await readShared(path, LARGEST_BYTES);
  const [classes, heads] = [await classNames(path), await headsBeside(path)];
  return modelOfOwnBytes(bytes, path, { name, classes, heads });
}

/** Class names from a file beside the weights; undefined where there is none. */
async function classNames(path: string): Promise<string[] | undefined> {
  const name = basename(path, extname(path));
  for (const pattern of CLASS_FILES) {
    const file = join(dirname(path), pattern.replace('NAME', name));
    if (await exists(file))
      return parseClassNames(new TextDecoder().decode(await readRegularFile(file)), file);
  }
  return undefined;
}

/** `n_head` of a config.json beside the weights, as Hugging Face keeps it; undefined where there is none. */
async function headsBeside(path: string): Promise<number | undefined> {
  const file = join(dirname(path), 'config.json');
  if (!(await exists(file))) return undefined;
  let config: { n_head?: unknown };
  try {
    config = JSON.parse(new TextDecoder().decode(await readRegularFile(file)));
  } catch (cause) {
    throw new InputError(`${file}: not valid JSON; repair or remove it`, { cause });
  }
  return typeof config?.n_head === 'number' ? config.n_head : undefined;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
