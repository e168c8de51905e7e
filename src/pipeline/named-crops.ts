// The stage of crops: what the report shows of the units that it names, cut out of the run's own photographs. The places
// are the strongest among those whose vectors the store has: no picture goes through the network again.
import { InputError } from '../core/errors.js';
import { encodeSafetensors, parseSafetensors, type Tensors } from '../formats/safetensors.js';
import { imageInput } from '../network/ops/image.js';
import { tapInfo } from '../network/taps.js';
import type { LoadedSae } from '../sae/inference.js';
import type { CurveResult } from '../study/curves/types.js';
import { type CropsOfUnits, StrongestPlaces, type UnitCrops } from '../study/examples/crops.js';
import { fieldsOf, windowOf } from '../study/examples/fields.js';
import { randomSpots, type Spot } from '../study/examples/spots.js';
import type { TilesPayload, TilesResult } from '../study/examples/tasks.js';
import { parseUnit, type Unit } from '../units/unit.js';
import type { ActivationStore } from './activations.js';
import type { JobEnvironment } from './environment.js';
import { cropsIdentity } from './identity.js';
import { completeFile, runStage, type StageOutcome } from './stage.js';

const FILE = 'crops.safetensors';
/** Crops of a unit, and their side in pixels. */
const EACH = 6;
const TILE = 72;
/** Units of each kind that get crops: a page with more of them is larger than one wants to open. */
const MOST_UNITS = 160;
/** Vectors that are looked at: bounds the time that wide autoencoders take. */
const MOST_PLACES = 65_536;

export interface CropsRequest {
  tap: string;
  seed: number;
  store: { hash: string; value: ActivationStore };
  sae: { hash: string; value: LoadedSae };
  curves: CurveResult;
}

/** Units that a report about `curves` names, as it names them. */
export function namedUnits({ neurons, features, filledGaps }: CurveResult): string[] {
  const own = features?.detectors ?? [];
  const names = new Set([
    ...neurons.detectors.slice(0, MOST_UNITS).map(({ unit }) => unit),
    ...own.slice(0, MOST_UNITS).map(({ unit }) => unit),
    ...(filledGaps ?? []).flatMap((gap) => gap.features),
    ...own.slice(0, MOST_UNITS).flatMap(({ evidence }) => (evidence ? [evidence.nearest.unit] : [])),
  ]);
  return [...names].filter((name) => parseUnit(name));
}

export async function cropsStage(
  env: JobEnvironment,
  { tap, seed, store, sae, curves }: CropsRequest,
): Promise<StageOutcome<CropsOfUnits>> {
  const names = namedUnits(curves);
  return runStage(env.out, env.progress, {
    name: 'crops',
    identity: cropsIdentity({
      ...{ store: store.hash, sae: sae.hash, names, tile: TILE, each: EACH, places: MOST_PLACES, seed },
    }),
    complete: (folder) =>
      completeFile(
        folder,
        FILE,
        async () => encodeCrops(await cropsOf(env, tap, seed, names, store.value, sae.value)),
        async () => decodeCrops(await folder.read(FILE), `${folder.label}/${FILE}`),
        (message) => env.progress.warn?.(message),
      ),
    summary: ({ units }) => `${units.size} units`,
  });
}

async function cropsOf(
  env: JobEnvironment,
  tap: string,
  seed: number,
  names: readonly string[],
  store: ActivationStore,
  sae: LoadedSae,
): Promise<CropsOfUnits> {
  const { model, images, progress } = env;
  const info = tapInfo(model.description, tap);
  const units = names.map((name) => parseUnit(name) as Unit);
  const fields = fieldsOf(model.description, info);
  const each = placesOfEach(store.source('all').count, images.length);
  const strongest = new StrongestPlaces(units, sae, EACH, each);
  for (const group of ['train', 'heldout'] as const)
    for await (const shard of store.placed(group)) {
      env.signal?.throwIfAborted();
      strongest.add(shard);
    }
  const bad = new Set(store.failures.map(({ name }) => name));
  const used = Array.from(images.keys()).filter((i) => !bad.has(images[i].name));
  const wanted: { field: number; spots: Spot[] }[] = units.map(({ kind, index }, i) => ({
    field: kind === 'neurons' ? fields[index] : info.field,
    spots: strongest.spots(i),
  }));
  wanted.push({
    field: info.field,
    spots: randomSpots(used, info.height * info.width, EACH, seed).map((spot) => ({ ...spot, value: 0 })),
  });
  const { crops: cut } = await cutOut(env, tap, wanted);
  progress.update(cut.length, cut.length, 'units');
  return {
    tile: TILE,
    places: strongest.places,
    units: new Map(names.map((name, i) => [name, cut[i]])),
    random: cut[names.length],
  };
}

/** Places of a picture that are looked at, of a store of `vectors` of `pictures`. */
export const placesOfEach = (vectors: number, pictures: number): number =>
  Math.max(1, Math.floor(Math.min(MOST_PLACES, vectors) / pictures));

/**
 * The fields of places, cut out. Every picture is decoded once, whatever is cut out of it. InputError: one that cannot be
 * read any more.
 */
export async function cutOut(
  { pool, images, model, signal }: Pick<JobEnvironment, 'pool' | 'images' | 'model' | 'signal'>,
  tap: string,
  wanted: readonly { field: number; spots: Spot[] }[],
): Promise<{ tile: number; crops: UnitCrops[] }> {
  const info = tapInfo(model.description, tap);
  const { size } = imageInput(model.description);
  const bytes = TILE * TILE * 3;
  const out = wanted.map(({ spots }) => ({ spots, tiles: new Uint8Array(spots.length * bytes) }));
  const of = new Map<number, { windows: number[]; into: Uint8Array[] }>();
  for (const [u, { field, spots }] of wanted.entries())
    for (const [i, { picture, position }] of spots.entries()) {
      const { windows, into } = of.get(picture) ?? { windows: [], into: [] };
      of.set(picture, { windows, into });
      const { left, top, side } = windowOf(info, size, field, position);
      windows.push(left, top, side);
      into.push(out[u].tiles.subarray(i * bytes, (i + 1) * bytes));
    }
  const pictures = [...of.keys()].sort((a, b) => a - b);
  await pool.mapOrdered<number, TilesResult>(
    pictures,
    (picture) => ({
      name: 'tiles',
      payload: {
        ...{ ref: images[picture], tap: '', size, key: '', tile: TILE, maps: {} },
        windows: Int32Array.from(of.get(picture)!.windows),
      } satisfies TilesPayload,
    }),
    (result, at) => {
      if ('failure' in result)
        throw new InputError(
          `${result.failure.reason}; it could be read before: repeat the command when it can be again`,
        );
      for (const [i, part] of of.get(pictures[at])!.into.entries())
        part.set(result.tiles.subarray(i * bytes, (i + 1) * bytes));
    },
    { ahead: 2, signal },
  );
  return { tile: TILE, crops: out };
}

function encodeCrops({ tile, places, units, random }: CropsOfUnits): Uint8Array<ArrayBuffer> {
  const tensors: Tensors = {};
  const add = (name: string, { spots, tiles }: UnitCrops) => {
    const n = spots.length;
    tensors[`${name}.tiles`] = { shape: [n, tile, tile, 3], data: tiles };
    tensors[`${name}.picture`] = { shape: [n], data: Int32Array.from(spots, (s) => s.picture) };
    tensors[`${name}.position`] = { shape: [n], data: Int32Array.from(spots, (s) => s.position) };
    tensors[`${name}.value`] = { shape: [n], data: Float32Array.from(spots, (s) => s.value) };
  };
  for (const [name, crops] of units) add(name, crops);
  add('random', random);
  const names = JSON.stringify([...units.keys()]);
  return encodeSafetensors(tensors, { tile: String(tile), places: String(places), names });
}

/** InputError: not what encodeCrops() wrote. */
function decodeCrops(bytes: Uint8Array, label: string): CropsOfUnits {
  const { tensors, metadata } = parseSafetensors(bytes, label);
  const ints = (name: string): Int32Array => new Int32Array(tensors.get(name)!.bytes.slice().buffer);
  const of = (name: string): UnitCrops => {
    if (!tensors.has(`${name}.tiles`)) throw new InputError(`${label}: has no crops of ${name}`);
    const [picture, position] = [ints(`${name}.picture`), ints(`${name}.position`)];
    const value = tensors.get(`${name}.value`)!.f32();
    return {
      spots: Array.from(picture, (p, i) => ({ picture: p, position: position[i], value: value[i] })),
      tiles: tensors.get(`${name}.tiles`)!.bytes.slice(),
    };
  };
  const names = JSON.parse(metadata.names) as string[];
  return {
    tile: Number(metadata.tile),
    places: Number(metadata.places),
    units: new Map(names.map((name) => [name, of(name)])),
    random: of('random'),
  };
}
