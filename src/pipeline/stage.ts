// A stage of a job: a folder named by the hash of everything that determines its content. A finished
// one is taken as it is, an interrupted one gone on with, and other settings are another folder.
import { InputError } from '../core/errors.js';
import { shortHash } from '../core/hash.js';
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

/** Every stage of a job begins and ends here. */
export async function runStage<T>(
  out: Storage,
  progress: StageProgress,
  { name, identity, complete, summary }: Stage<T>,
): Promise<StageOutcome<T>> {
  const hash = await shortHash(identity);
  progress.start(name);
  const completed = await complete(out.sub(name).sub(hash));
  const text = summary(completed.value);
  progress.finish(completed.reused ? `${text}, reused` : text);
  return { ...completed, hash, path: `${name}/${hash}` };
}

/** Times stay outside of what is made, which has the same bytes wherever it is made. */
const TIME_FILE = 'stage.json';

/** The work of a stage whose result is one file: with it the stage is finished. */
export async function completeFile<T>(
  folder: Storage,
  file: string,
  make: () => Promise<Uint8Array>,
  read: () => Promise<T>,
): Promise<Completed<T>> {
  const reused = (await folder.size(file)) !== undefined;
  if (!reused) {
    const started = Date.now();
    const bytes = await make();
    await folder.write(TIME_FILE, JSON.stringify({ seconds: (Date.now() - started) / 1000 }));
    await folder.write(file, bytes);
  }
  return { value: await read(), reused, seconds: await secondsOf(folder) };
}

/** 0 where the times were taken away. */
async function secondsOf(folder: Storage): Promise<number> {
  if ((await folder.size(TIME_FILE)) === undefined) return 0;
  try {
    return (JSON.parse(new TextDecoder().decode(await folder.read(TIME_FILE))) as { seconds: number })
      .seconds;
  } catch (cause) {
    throw new InputError(`${folder.label}/${TIME_FILE}: is not valid JSON; remove it`, { cause });
  }
}
