// What a share of a job says of itself: shard.json in its folder `shards/<hash>-<I>-of-<N>`, named by what makes the
// job (docs/formats.md). It is the list of what is finished, and what `status` and `merge` read.
import { InputError, shown } from '../../core/errors.js';
import { canonicalJson, sha256, shortHash } from '../../core/hash.js';
import { DamagedFile } from '../../formats/checksums.js';
import { parseJsonObject } from '../../formats/json.js';
import type { Storage } from '../../formats/storage.js';
import { type Share, shareText } from './share.js';

export const SHARES_FOLDER = 'shards';
export const RECORD_FILE = 'shard.json';
const FORMAT = 'curvesae-shard';
const VERSION = 1;
/** How often progress is written: what a view of many machines reads. */
const EVERY_MS = 5000;

export const SHARED_COMMANDS = ['activations', 'embed', 'examples', 'sweep', 'disentangle'] as const;
export type SharedCommand = (typeof SHARED_COMMANDS)[number];

/** What is the same for every share of a job. */
export interface SharedJob {
  command: SharedCommand;
  /** What determines the job's result; its hash names the folders. */
  identity: object;
  /** Options that repeat the call, where they can be written; null otherwise, or where merging needs none. */
  call: object | null;
  /** Of `all`, `total` and `done`: images, SAEs. */
  unit: string;
  /** Units of the whole job. */
  all: number;
  /** What merging must know besides. */
  facts: Record<string, unknown>;
}

export interface ShareRecord extends SharedJob {
  format: typeof FORMAT;
  version: number;
  hash: string;
  shard: number;
  of: number;
  /** Units of this share. */
  total: number;
  done: number;
  /** Of those done, without a result. */
  failures: number;
  complete: boolean;
  /** What is finished, as the command lists it. */
  parts: readonly object[];
  /** Wall time spent, over all runs. */
  seconds: number;
}

export const shareFolder = (hash: string, { index, of }: Share): string => `${hash}-${index}-of-${of}`;

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** undefined where there is none yet. DamagedFile: it is not as it was written. InputError: of another version. */
export async function readRecord(folder: Storage): Promise<ShareRecord | undefined> {
  if ((await folder.size(RECORD_FILE)) === undefined) return undefined;
  const label = `${folder.label}/${RECORD_FILE}`;
  const { checksum, ...content } = parseJsonObject(await folder.read(RECORD_FILE), label, REPEAT);
  const record = content as unknown as ShareRecord;
  if (record.format !== FORMAT || record.version !== VERSION)
    throw new InputError(
      `${label}: of format ${shown(record.format)}, version ${shown(record.version)}; this program reads ${FORMAT}, ${VERSION}`,
    );
  const whole =
    checksum === (await sha256(canonicalJson(content))) &&
    SHARED_COMMANDS.includes(record.command) &&
    record.hash === (await shortHash(record.identity)) &&
    [record.shard, record.of, record.all, record.total, record.done, record.failures].every(isCount) &&
    Array.isArray(record.parts) &&
    record.facts !== null &&
    typeof record.facts === 'object';
  if (!whole) throw new DamagedFile(`${label}: is not as it was written (checksum); ${REPEAT}`);
  return record;
}

/** What to do where a file of a share is not as it was written. */
export const mendedBy = ({ shard, of }: Pick<ShareRecord, 'shard' | 'of'>): string =>
  `repeat the command of shard ${shareText({ index: shard, of })}, which makes it again`;

const REPEAT = 'repeat the command of this shard, which mends it';

/** A share that is being made: its folder, taken for this process, and its record. */
export class OpenShare {
  readonly folder: Storage;
  /** What an earlier run left. */
  readonly before: ShareRecord | undefined;
  #record: ShareRecord;
  #unlock: () => Promise<void>;
  #writing: Promise<void> = Promise.resolve();
  #written = performance.now();
  /** This process has written a record. */
  #changed = false;
  #started = performance.now();

  private constructor(
    folder: Storage,
    record: ShareRecord,
    before: ShareRecord | undefined,
    unlock: () => Promise<void>,
  ) {
    this.folder = folder;
    this.#record = record;
    this.before = before;
    this.#unlock = unlock;
  }

  /** `total`: units of this share. A record that cannot be used is begun again, and `onRemade` told. */
  static async open(
    out: Storage,
    job: SharedJob,
    share: Share,
    total: number,
    onRemade?: (message: string) => void,
  ): Promise<OpenShare> {
    const hash = await shortHash(job.identity);
    const folder = out.sub(SHARES_FOLDER).sub(shareFolder(hash, share));
    const unlock = await folder.lock();
    try {
      const before = await readRecord(folder).catch((error) => {
        onRemade?.(`${error instanceof Error ? error.message : error}; what it listed is made again`);
        return undefined;
      });
      const record: ShareRecord = {
        ...{ format: FORMAT, version: VERSION, hash, shard: share.index, of: share.of, ...job },
        ...{ total, done: 0, failures: 0, complete: false, parts: before?.parts ?? [] },
        seconds: before?.seconds ?? 0,
      };
      const opened = new OpenShare(folder, record, before, unlock);
      if (!before) await opened.#write();
      return opened;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Shown to others now and then; the work does not wait for it. */
  progress(done: number, failures: number): void {
    const stays = this.before?.complete && !this.#changed; // as long as nothing of it is made again
    if (stays || performance.now() - this.#written < EVERY_MS) return;
    this.#record = { ...this.#record, done, failures };
    void this.#write().catch(() => {}); // a disk that is full is told by the work's own writes
  }

  /** The list of what is finished has changed. */
  async keep(parts: readonly object[], done: number, failures: number): Promise<void> {
    this.#record = { ...this.#record, parts, done, failures };
    await this.#write();
  }

  /** The share is whole. Nothing is written where it was so before, and nothing was made again. */
  async finish(parts: readonly object[], failures: number): Promise<ShareRecord> {
    const { total } = this.#record;
    const same = !this.#changed && canonicalJson(this.before?.parts ?? null) === canonicalJson(parts);
    if (this.before?.complete && same) return this.before;
    this.#record = { ...this.#record, parts, failures, done: total, complete: true };
    await this.#write();
    return this.#record;
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#unlock();
  }

  /** One write after the other: the last state is what stays. */
  #write(): Promise<void> {
    const now = performance.now();
    this.#changed = true;
    this.#record = { ...this.#record, seconds: this.#record.seconds + (now - this.#started) / 1000 };
    this.#started = now;
    this.#written = now;
    const record = this.#record;
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        const checksum = await sha256(canonicalJson(record));
        await this.folder.write(RECORD_FILE, `${JSON.stringify({ ...record, checksum }, null, 1)}\n`);
      });
    return this.#writing;
  }
}
