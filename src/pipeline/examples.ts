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

/** Aborted: what is known is written, and the signal's reason thrown. */
export async function collectExamples(job: ExamplesJob): Promise<CollectedExamples> {
  const { images, pool, signal, progress } = job;
  const looked = lookedOf(job);
  const hash = await shortHash(identityOf(job));
  const folder = job.out.sub(FOLDER).sub(hash);
  const sizes = sizesOf(job);
  const state = (await savedState(folder, sizes, (text) => progress.warn?.(text))) ?? newState(sizes);
  const begun = state.done;
  progress.start('examples', begun);
  try {
    await pool.mapOrdered<ImageRef, FiringResult>(
      images.slice(begun),
      (ref) => ({
        name: 'firing',
        payload: { ...looked, ref, before: job.before, near: job.near } satisfies FiringPayload,
      }),
      async (result) => {
        take(state, result);
        if (state.done % (job.saveEvery ?? SAVE_EVERY) === 0) await save(folder, state);
        progress.update(state.done, images.length, 'images', failedText(state.failures.length));
      },
      { ahead: 2, signal },
    );
  } finally {
    if (state.done > begun) await save(folder, state);
  }
  progress.finish(
    `${images.length - state.failures.length} images${begun === images.length ? ', reused' : ''}`,
  );
  return { sets: state.sets, failures: state.failures, hash };
}

function identityOf(job: ExamplesJob): object {
  const { engine, model, imagesHash, tap, sae, each, levels, before, near, seed, size } = job;
  return {
    ...{ format: FORMAT, model: model.sha256, architecture: model.description.architecture },
    ...{ images: imagesHash, size: size ?? imageInput(model.description).size, tap, sae: sae?.hash ?? null },
    ...{ hidden: sae?.hidden ?? null, top: each, sample: SAMPLED * each * levels },
    ...{ before: before ?? null, near, seed, numerics: numericsOf(engine.info().build) },
  };
}

type Sizes = { neurons: SetSizes; features?: SetSizes };

function sizesOf({ model, tap, sae, each, levels, before, near, seed }: ExamplesJob): Sizes {
  const { channels } = tapInfo(model.description, tap);
  const common = { top: each, sample: SAMPLED * each * levels };
  return {
    neurons: { ...common, units: channels, seed, near: before !== undefined },
    // Features draw other places than neurons of the same number.
    ...(sae && { features: { ...common, units: sae.config.dSae, seed: ~seed, near } }),
  };
}

/** What the pictures up to `done` gave. */
interface State extends Omit<CollectedExamples, 'hash'> {
  done: number;
}

const newState = ({ neurons, features }: Sizes): State => ({
  done: 0,
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

async function save(folder: Storage, { done, failures, sets }: State): Promise<void> {
  const tensors = { ...sets.neurons.tensors('neurons'), ...sets.features?.tensors('features') };
  const content = safetensorsPieces(tensors, { done: String(done), failures: JSON.stringify(failures) });
  const name = stateFile(done, await digestOfContent(content));
  await folder.write(name, content);
  for (const other of await folder.list()) if (isState(other) && other !== name) await folder.remove(other);
}

/** The furthest that is whole. */
async function savedState(
  folder: Storage,
  sizes: Sizes,
  onDamage: (message: string) => void,
): Promise<State | undefined> {
  const names = (await folder.list()).filter(isState).sort().reverse();
  for (const name of names) {
    const done = Number(name.slice(0, 9));
    if (name !== stateFile(done, await digestOfFile(folder, name))) {
      onDamage(`${folder.label}/${name}: is not as it was written; what it held is computed again`);
      continue;
    }
    const label = `${folder.label}/${name}`;
    const file = parseSafetensors(await folder.read(name), label);
    const setsOf = (kind: Kind, size: SetSizes) => ExampleSets.from(size, kind, file, label);
    return {
      done,
      failures: JSON.parse(file.metadata.failures) as Failed[],
      sets: {
        neurons: setsOf('neurons', sizes.neurons),
        ...(sizes.features && { features: setsOf('features', sizes.features) }),
      },
    };
  }
  return undefined;
}
