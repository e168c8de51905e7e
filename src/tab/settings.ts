// What a kept run trains, as its run.json says it: enough to go on with it, or to tell that
// something else is asked for under its name.

import { embeddedModel } from '../../models/embedded/index.js';
import type { Engine } from '../core/engine.js';
import { InputError, shown, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import type { ImageRef } from '../images/types.js';
import { checkTap, tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import { recipeOf } from '../pipeline/stages.js';
import { resolveHyperparameters, type TrainOptions } from '../sae/settings.js';
import type { StoreRecipe } from '../vectors/types.js';
import type { RunEnvironment } from './run.js';

export const RUN_FILE = 'run.json';
const FORMAT = 'curvesae-run';
const VERSION = 1;

/** As `curvesae run` has them. */
const DEFAULTS = {
  tap: 'mixed3b_5x5',
  images: 400,
  perImage: 128,
  reference: 64,
  architecture: 'topk',
  expansion: 16,
  batch: 2048,
  steps: 1500,
};

/** What to train; what is left out has the defaults of `curvesae run`. */
export interface RunRequest {
  /** Pictures, or how many procedural ones; 400 procedural ones unless told. */
  images?: number | readonly ImageRef[];
  /** Vectors to train on, one per row, instead of pictures. */
  vectors?: { data: Float32Array; width: number };
  /** The network; the embedded one unless told. */
  model?: Model;
  tap?: string;
  /** Vectors per picture, and how they are drawn. */
  perImage?: number;
  sample?: 'uniform' | 'norm';
  excludeBorder?: boolean;
  /** Of pictures, sampling and training. */
  seed?: number;
  train?: Partial<TrainOptions> & { expansion?: number };
}

export interface RunSettings {
  data:
    | {
        recipe: StoreRecipe;
        dIn: number;
        /** Where all of it can be made again without being given again. */
        procedural?: { count: number; seed: number };
      }
    | { vectors: string; dIn: number };
  train: TrainOptions;
}

/** What the run needs that run.json cannot hold. */
export interface RunInputs {
  settings: RunSettings;
  model?: Model;
  images?: readonly ImageRef[];
  vectors?: { data: Float32Array; width: number };
}

export async function settingsOf(env: RunEnvironment, request: RunRequest): Promise<RunInputs> {
  const { vectors, seed = 0 } = request;
  if (vectors) {
    const { data, width } = vectors;
    if (!Number.isSafeInteger(width) || width < 1 || data.length % width || !data.length)
      throw new UsageError(`vectors: ${data.length} numbers are not rows of ${width}`);
    if (request.images !== undefined || request.model || request.tap !== undefined)
      throw new UsageError('give vectors, or pictures with a network and a tap, not both');
    const hash = await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return {
      settings: { data: { vectors: hash, dIn: width }, train: trainOf(request, width, seed) },
      vectors,
    };
  }
  const model = request.model ?? (await embeddedModel(env.engine.math));
  const tap = request.tap ?? DEFAULTS.tap;
  checkTap(model.description, tap);
  const { images = DEFAULTS.images } = request;
  const procedural = typeof images === 'number' ? { count: images, seed } : undefined;
  const refs = typeof images === 'number' ? proceduralImages(images, seed) : images;
  if (!refs.length) throw new UsageError('no pictures were given');
  const dIn = tapInfo(model.description, tap).channels;
  const recipe = recipeOf(model, await env.imagesHash(refs), {
    tap,
    perImage: request.perImage ?? DEFAULTS.perImage,
    reference: DEFAULTS.reference,
    sample: request.sample ?? 'norm',
    excludeBorder: request.excludeBorder ?? false,
    seed,
    numerics: numericsOf(env.engine),
  });
  const again = procedural && !request.model ? { procedural } : {};
  return {
    settings: { data: { recipe, dIn, ...again }, train: trainOf(request, dIn, seed) },
    model,
    images: refs,
  };
}

export const numericsOf = (engine: Engine): 'exact' | 'relaxed' =>
  engine.info().build === 'relaxed' ? 'relaxed' : 'exact';

/** The inputs of a run that goes on from its run.json alone. */
export async function inputsOf(env: RunEnvironment, settings: RunSettings): Promise<RunInputs> {
  if ('vectors' in settings.data || !settings.data.procedural) return { settings };
  const { count, seed } = settings.data.procedural;
  return { settings, model: await embeddedModel(env.engine.math), images: proceduralImages(count, seed) };
}

function trainOf({ train = {} }: RunRequest, dIn: number, seed: number): TrainOptions {
  const {
    expansion = DEFAULTS.expansion,
    dSae = Math.max(1, Math.round(expansion * dIn)),
    ...others
  } = train;
  const { architecture, batch, steps } = DEFAULTS;
  const options = { architecture, batch, steps, seed, ...others, dSae };
  resolveHyperparameters(options, dIn); // refused now, not after the activations
  return options;
}

/** The pictures of `procedural:N` on the command line. */
function proceduralImages(count: number, seed: number): ImageRef[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > 1_000_000)
    throw new UsageError(`the number of procedural pictures must be 1 to 1000000, not ${count}`);
  return Array.from({ length: count }, (_, index) => ({
    kind: 'procedural',
    name: `procedural-${String(index).padStart(6, '0')}`,
    seed,
    index,
  }));
}

export async function writeSettings(folder: Storage, settings: RunSettings): Promise<void> {
  const checksum = await sha256(canonicalJson(settings));
  await folder.write(
    RUN_FILE,
    `${JSON.stringify({ format: FORMAT, version: VERSION, settings, checksum }, null, 1)}\n`,
  );
}

/** Undefined where there is no run. InputError: run.json is damaged. */
export async function readSettings(folder: Storage): Promise<RunSettings | undefined> {
  if ((await folder.size(RUN_FILE)) === undefined) return undefined;
  const label = `${folder.label}/${RUN_FILE}`;
  const remedy = 'delete the run and train it again';
  const file: { format?: unknown; version?: unknown; settings?: RunSettings; checksum?: unknown } =
    parseJsonObject(await folder.read(RUN_FILE), label, remedy);
  if (file.checksum !== (await sha256(canonicalJson(file.settings ?? null))))
    throw new InputError(`${label}: is damaged (checksum); ${remedy}`);
  if (file.format !== FORMAT || file.version !== VERSION || !file.settings)
    throw new InputError(
      `${label}: is of another version (${shown(file.version)}, this program reads ${VERSION}); ${remedy}`,
    );
  return file.settings;
}

/** UsageError where a run of this name exists and trains something else. */
export function checkSame(name: string, before: RunSettings, now: RunSettings): void {
  const texts = (value: object): Map<string, string> =>
    new Map(Object.entries(value).map(([k, v]) => [k, canonicalJson(v)]));
  const flat = ({ data, train }: RunSettings) => ({ ...('recipe' in data ? data.recipe : data), ...train });
  const [a, b] = [texts(flat(before)), texts(flat(now))];
  const differ = [...new Set([...a.keys(), ...b.keys()])].filter((k) => a.get(k) !== b.get(k));
  if (differ.length)
    throw new UsageError(
      `run '${name}' exists with other settings (${differ.map((k) => `${k} ${a.get(k) ?? 'absent'} there, ${b.get(k) ?? 'absent'} here`).join('; ')}); ` +
        'choose another name, or delete it',
    );
}
