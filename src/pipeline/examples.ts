// The pass over pictures behind `examples`: what fires each unit, kept in a file named by what made it, so that a repeated
// call takes it up where the last one stopped, killed or not.
import { numericsOf } from '../core/features.js';
import { shortHash } from '../core/hash.js';
import { digestOfFile } from '../formats/file-pieces.js';
import { digestOfContent } from '../formats/pieces.js';
import { parseSafetensors, safetensorsPieces } from '../formats/safetensors.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure, ImageRef } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { tapInfo } from '../network/taps.js';
import { ExampleSets, type SetSizes } from '../units/example-sets.js';
import type { Fired, FiringPayload, FiringResult } from '../units/firing-tasks.js';
import type { Looked, SaeOfTap } from '../units/picture-values.js';
import { KINDS, type Kind } from '../units/unit.js';
import type { Pictures, StageEnvironment } from './environment.js';
import { failedText } from './progress.js';

/** A change here makes passes of before anew. */
const FORMAT = 1;
const FOLDER = 'pass';
/** Pictures after which what is known is written. */
const SAVE_EVERY = 200;
/** Places sampled for each that may be shown: levels are as equal as bins allow, and a picture is shown once. */
const SAMPLED = 4;

export interface ExamplesJob extends Pictures, StageEnvironment {
  tap: string;
  /** `hash`: identity of its numbers. */
  sae?: SaeOfTap & { hash: string };
  /** Examples of each row. */
  each: number;
  levels: number;
  /** The tap of the neurons' values before their ReLU; undefined: near misses are not looked for, or there is none. */
  before: string | undefined;
  /** Near misses of features. */
  near: boolean;
  seed: number;
  /** Tokens of a window of text; a picture has the network's own size. */
  size?: number;
  /** Another number changes no result. */
  saveEvery?: number;
}

export interface CollectedExamples {
  sets: { neurons: ExampleSets; features?: ExampleSets };
  failures: Failed[];
  /** Identity of all of it. */
  hash: string;
}

type Failed = ImageFailure & { /** In the list. */ picture: number };

/** What the tasks of a job look at. */
export const lookedOf = ({ model, tap, sae, size }: ExamplesJob): Looked => ({
  tap,
  size: size ?? imageInput(model.description).size,
  ...(sae && { sae: { config: sae.config, tensors: sae.tensors, hidden: sae.hidden } }),
  key: sae?.hash ?? '',
});

/** Where the pass is kept. */
export const stateFolder = async (out: Storage, pass: object): Promise<Storage> =>
  out.sub(FOLDER).sub(await shortHash(pass));

/** Aborted: what is known is written, and the signal's reason thrown. */
export async function collectExamples(job: ExamplesJob): Promise<CollectedExamples> {
  const pass = passIdentity(job);
  const folder = await stateFolder(job.out, pass);
  const { state } = await passOver(job, folder, { first: 0, end: job.images.length });
  return { sets: state.sets, failures: state.failures, hash: await shortHash(pass) };
}

/** What pictures first .. end - 1 give, kept in `folder`. `file`: of the state, where there are pictures. */
export async function passOver(
  job: ExamplesJob,
  folder: Storage,
  { first, end }: { first: number; end: number },
  onPicture?: (done: number, failures: number) => void,
): Promise<{ state: State; file: string | undefined; reused: boolean }> {
  const { images, pool, signal, progress } = job;
  const looked = lookedOf(job);
  const sizes = sizesOf(job);
  const warn = (message: string) => progress.warn?.(`${message}; what it held is computed again`);
  const found = await savedState(folder, sizes, warn);
  const state = found?.state ?? newState(sizes, first);
  let file = found?.file;
  const begun = state.done;
  const saved = async () => {
    file = await save(folder, state);
  };
  progress.start('examples', begun - first);
  try {
    await pool.mapOrdered<ImageRef, FiringResult>(
      images.slice(begun, end),
      (ref) => ({
        name: 'firing',
        payload: { ...looked, ref, before: job.before, near: job.near } satisfies FiringPayload,
      }),
      async (result) => {
        take(state, result);
        if ((state.done - first) % (job.saveEvery ?? SAVE_EVERY) === 0) await saved();
        progress.update(state.done - first, end - first, 'images', failedText(state.failures.length));
        onPicture?.(state.done - first, state.failures.length);
      },
      { ahead: 2, signal },
    );
  } finally {
    if (state.done > begun) await saved();
  }
  const reused = begun === end;
  progress.finish(`${end - first - state.failures.length} images${reused ? ', reused' : ''}`);
  return { state, file, reused };
}

/** What the pass depends on. */
export function passIdentity(job: ExamplesJob): object {
  const { engine, model, imagesHash, tap, sae, each, levels, before, near, seed, size } = job;
  return {
    ...{ format: FORMAT, model: model.sha256, architecture: model.description.architecture },
    ...{ images: imagesHash, size: size ?? imageInput(model.description).size, tap, sae: sae?.hash ?? null },
    ...{ hidden: sae?.hidden ?? null, top: each, sample: SAMPLED * each * levels },
    ...{ before: before ?? null, near, seed, numerics: numericsOf(engine.info().build) },
  };
}

export type Sizes = { neurons: SetSizes; features?: SetSizes };

export function sizesOf({ model, tap, sae, each, levels, before, near, seed }: ExamplesJob): Sizes {
  const { channels } = tapInfo(model.description, tap);
  const common = { top: each, sample: SAMPLED * each * levels };
  return {
    neurons: { ...common, units: channels, seed, near: before !== undefined },
    // Features draw other places than neurons of the same number.
    ...(sae && { features: { ...common, units: sae.config.dSae, seed: ~seed, near } }),
  };
}

/** What the pictures before `done` gave, of those that the pass is over. */
export interface State extends Omit<CollectedExamples, 'hash'> {
  done: number;
}

const newState = ({ neurons, features }: Sizes, first = 0): State => ({
  done: first,
  failures: [],
  sets: { neurons: new ExampleSets(neurons), ...(features && { features: new ExampleSets(features) }) },
});

function take(state: State, result: FiringResult): void {
  const picture = state.done++;
  if ('failure' in result) {
    state.failures.push({ ...result.failure, picture });
    return;
  }
  for (const kind of KINDS) {
    const fired: Fired | undefined = result[kind];
    if (fired) state.sets[kind]!.add(picture, fired.firing, fired.near);
  }
}

/** The file's name says how far it is and what it holds: one that was cut short or changed is told. */
const stateFile = (done: number, digest: string): string =>
  `${String(done).padStart(9, '0')}-${digest.slice(0, 16)}.safetensors`;

const isState = (name: string): boolean => /^\d{9}-[0-9a-f]{16}\.safetensors$/.test(name);

async function save(folder: Storage, { done, failures, sets }: State): Promise<string> {
  const tensors = { ...sets.neurons.tensors('neurons'), ...sets.features?.tensors('features') };
  const content = safetensorsPieces(tensors, { done: String(done), failures: JSON.stringify(failures) });
  const name = stateFile(done, await digestOfContent(content));
  await folder.write(name, content);
  for (const other of await folder.list()) if (isState(other) && other !== name) await folder.remove(other);
  return name;
}

/** The furthest that is whole. */
export async function savedState(
  folder: Storage,
  sizes: Sizes,
  onDamage: (message: string) => void,
): Promise<{ state: State; file: string } | undefined> {
  const names = (await folder.list()).filter(isState).sort().reverse();
  for (const name of names) {
    const done = Number(name.slice(0, 9));
    if (name !== stateFile(done, await digestOfFile(folder, name))) {
      onDamage(`${folder.label}/${name}: is not as it was written`);
      continue;
    }
    const label = `${folder.label}/${name}`;
    const file = parseSafetensors(await folder.read(name), label);
    const setsOf = (kind: Kind, size: SetSizes) => ExampleSets.from(size, kind, file, label);
    const state: State = {
      done,
      failures: JSON.parse(file.metadata.failures) as Failed[],
      sets: {
        neurons: setsOf('neurons', sizes.neurons),
        ...(sizes.features && { features: setsOf('features', sizes.features) }),
      },
    };
    return { state, file: name };
  }
  return undefined;
}

/** The states of passes over pictures that follow each other, as that of one pass, written into `folder`. */
export async function joinStates(
  folder: Storage,
  sizes: Sizes,
  states: AsyncIterable<State>,
): Promise<State> {
  const all = newState(sizes);
  for await (const { done, failures, sets } of states) {
    all.done = done;
    all.failures.push(...failures);
    all.sets.neurons.append(sets.neurons);
    if (sets.features) all.sets.features?.append(sets.features);
  }
  await save(folder, all);
  return all;
}
