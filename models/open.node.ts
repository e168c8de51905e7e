// MODEL as users write it: `embedded`, a pulled name, or a weights file.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { InputError, unknownName } from '../src/core/errors.js';
import type { CoreMath } from '../src/core/math.js';
import type { Model } from '../src/network/types.js';
import { embeddedModel } from './embedded/index.js';
import { modelFromBytes } from './from-bytes.js';

/** Names that `model pull` knows. */
export const PULLED_NAMES = ['inceptionv1', 'googlenet'] as const;
const KNOWN = ['embedded', ...PULLED_NAMES];
/** Far above any network this engine runs (GoogLeNet: 28 MB); checked before reading. */
const LARGEST_BYTES = 1 << 30;

/** Opens MODEL. `cache` is the folder of pulled weights. Errors: UsageError for an unknown name, InputError for files. */
export async function openModel(spec: string, math: CoreMath, cache: string): Promise<Model> {
  if (spec === 'embedded') return embeddedModel(math);
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
  const info = await stat(path);
  if (info.isDirectory()) throw new InputError(`${path}: is a folder; give the weights file in it`);
  if (info.size > LARGEST_BYTES)
    throw new InputError(
      `${path}: ${info.size} bytes, more than the limit of ${LARGEST_BYTES} for a weights file`,
    );
  const bytes = new Uint8Array(await readFile(path));
  return modelFromBytes(bytes, path, { name, classes: await classNames(path) });
}

/** Names from `classes.json` beside the weights: a list of strings or of {name}. Absent: none. */
async function classNames(path: string): Promise<string[] | undefined> {
  const file = join(dirname(path), 'classes.json');
  if (!(await exists(file))) return undefined;
  let list: unknown;
  try {
    list = JSON.parse(await readFile(file, 'utf8'));
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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
