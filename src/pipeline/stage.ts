// A stage of a job: a folder named by the hash of everything that determines its content. A finished
// one is taken as it is, an interrupted one gone on with, and other settings are another folder.
import { InputError } from '../core/errors.js';
import { shortHash } from '../core/hash.js';
import { damageOf, verified, writeFinished } from '../formats/checksums.js';
import type { Storage } from '../formats/storage.js';
import type { StageProgress } from './progress.js';

export interface Stage<T> {
  /** Its folders are `<name>/<hash>`. */
  name: string;
  identity: object;
  /** Brings the folder to its end, whatever of it is there. */
  complete(folder: Storage): Promise<Completed<T>>;
  /** What was made, in a few words. */
  summary(value: T): string;
}

export interface Completed<T> {
  value: T;
  /** It was finished before. */
  reused: boolean;
  /** Of the work, over all its parts; of a reused stage those of the time when it was made. */
  seconds: number;
}

export interface StageOutcome<T> extends Completed<T> {
  hash: string;
  /** `<name>/<hash>` */
  path: string;
}

/** A stage that makes several folders side by side. */
export interface Stages<T> extends Omit<Stage<T>, 'identity' | 'complete' | 'summary'> {
  identities: readonly object[];
  complete(folders: readonly Storage[]): Promise<Completed<T>[]>;
  summary(values: readonly T[]): string;
}

export async function runStage<T>(
  out: Storage,
  progress: StageProgress,
  { name, identity, complete, summary }: Stage<T>,
): Promise<StageOutcome<T>> {
  const [outcome] = await runStages(out, progress, {
    name,
    identities: [identity],
    complete: async ([folder]) => [await complete(folder)],
    summary: ([value]) => summary(value),
  });
  return outcome;
}

/** Every stage of a job begins and ends here. */
export async function runStages<T>(
  out: Storage,
  progress: StageProgress,
  { name, identities, complete, summary }: Stages<T>,
): Promise<StageOutcome<T>[]> {
  const hashes = await Promise.all(identities.map((identity) => shortHash(identity)));
  progress.start(name);
  const completed = await complete(hashes.map((hash) => out.sub(name).sub(hash)));
  const text = summary(completed.map(({ value }) => value));
  progress.finish(completed.every(({ reused }) => reused) ? `${text}, reused` : text);
  return completed.map((one, i) => ({ ...one, hash: hashes[i], path: `${name}/${hashes[i]}` }));
}

/** Times stay outside of what is made, which has the same bytes wherever it is made. */
const TIME_FILE = 'stage.json';

/**
 * The work of a stage whose result is one file: with it the stage is finished. One that is not as it was
 * written is made again, and `onRemade` told.
 */
export async function completeFile<T>(
  folder: Storage,
  file: string,
  make: () => Promise<Uint8Array>,
  read: () => Promise<T>,
  onRemade?: (message: string) => void,
): Promise<Completed<T>> {
  const there = (await folder.size(file)) !== undefined;
  const damage = there ? await damageOf(folder, [file]) : undefined;
  if (damage !== undefined) onRemade?.(`${damage}; made again`);
  const reused = there && damage === undefined;
  if (!reused) {
    const started = performance.now();
    const bytes = await make();
    const time = JSON.stringify({ seconds: (performance.now() - started) / 1000 });
    await writeFinished(folder, { [TIME_FILE]: time, [file]: bytes });
  }
  return { value: await read(), reused, seconds: await secondsOf(folder) };
}

/** 0 where the times were taken away. */
async function secondsOf(stage: Storage): Promise<number> {
  if ((await stage.size(TIME_FILE)) === undefined) return 0;
  const folder = await verified(stage, 'remove it');
  const bytes = await folder.read(TIME_FILE);
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as { seconds: number }).seconds;
  } catch (cause) {
    throw new InputError(`${folder.label}/${TIME_FILE}: is not valid JSON; remove it`, { cause });
  }
}
