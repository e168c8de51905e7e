// What a kept run trains, as its run.json says it: enough to go on with it, or to tell that
// something else is asked for under its name.

import { embeddedModel } from '../../models/embedded/index.js';
import type { Engine } from '../core/engine.js';
import { InputError, shown, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import type { NamedImages } from '../images/identity.js';
import { proceduralSet } from '../images/procedural-set.js';
import type { ImageRef } from '../images/types.js';
import { checkTap, tapInfo } from '../network/taps.js';
import type { Model } from '../network/types.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { recipeOf, samplingOf } from '../pipeline/recipe.js';
import { type TrainRequest, trainOptions } from '../pipeline/training.js';
import type { TrainOptions } from '../sae/settings.js';
import type { StoreRecipe } from '../vectors/types.js';

export const RUN_FILE = 'run.json';
const FORMAT = 'curvesae-run';
const VERSION = 1;

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
  train?: TrainRequest;
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

/** Who computes, and what pictures are. */
export interface Surroundings {
  engine: Engine;
  /** Names a set of pictures, which from then on are read only as they were. */
  nameImages: (images: readonly ImageRef[]) => Promise<NamedImages>;
}

/** What the run needs that run.json cannot hold. */
export interface RunInputs {
  settings: RunSettings;
  model?: Model;
  images?: readonly ImageRef[];
  vectors?: { data: Float32Array; width: number };
}

export async function settingsOf(env: Surroundings, request: RunRequest): Promise<RunInputs> {
  const { vectors, train = {}, seed = DEFAULTS.seed } = request;
  if (vectors) {
    const { data, width } = vectors;
    if (!Number.isSafeInteger(width) || width < 1 || data.length % width || !data.length)
      throw new UsageError(`vectors: ${data.length} numbers are not rows of ${width}`);
    if (request.images !== undefined || request.model || request.tap !== undefined)
      throw new UsageError('give vectors, or pictures with a network and a tap, not both');
    const hash = await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return {
      settings: { data: { vectors: hash, dIn: width }, train: trainOptions(train, width, seed) },
      vectors,
    };
  }
  const model = request.model ?? (await embeddedModel(env.engine.math));
  const { tap = DEFAULTS.tap } = request;
  checkTap(model.description, tap);
  const { images = DEFAULTS.images } = request;
  const procedural = typeof images === 'number' ? { count: images, seed } : undefined;
  const refs = typeof images === 'number' ? proceduralSet(images, seed) : images;
  if (!refs.length) throw new UsageError('no pictures were given');
  const dIn = tapInfo(model.description, tap).channels;
  const { perImage, sample, excludeBorder } = request;
  const sampling = samplingOf({ tap, perImage, sample, excludeBorder, seed });
  const named = await env.nameImages(refs);
  const recipe = recipeOf(env.engine, model, named.hash, sampling);
  const again = procedural && !request.model ? { procedural } : {};
  return {
    settings: { data: { recipe, dIn, ...again }, train: trainOptions(train, dIn, seed) },
    model,
    images: named.images,
  };
}

/** The inputs of a run that goes on from its run.json alone. */
export async function inputsOf(env: Surroundings, settings: RunSettings): Promise<RunInputs> {
  if ('vectors' in settings.data || !settings.data.procedural) return { settings };
  const { count, seed } = settings.data.procedural;
  return { settings, model: await embeddedModel(env.engine.math), images: proceduralSet(count, seed) };
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
