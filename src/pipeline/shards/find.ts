// The shares of jobs that lie in folders: which there are, how far each is, and which are not there.
import { CurvesaeError, IncompleteError, InputError, UsageError } from '../../core/errors.js';
import type { Storage } from '../../formats/storage.js';
import { readRecord, SHARES_FOLDER, type ShareRecord } from './record.js';
import { type Share, shareText } from './share.js';

/** A share's folder. */
export interface FoundShare extends Share {
  hash: string;
  storage: Storage;
  /** Absent: it is damaged, or not begun. */
  record?: ShareRecord;
  damage?: CurvesaeError;
}

/** The shares of one job that was cut in `of`; `shares[i]` is that of index i + 1, where it is there. */
export interface FoundJob {
  hash: string;
  of: number;
  shares: (FoundShare | undefined)[];
}

const NAME = /^([0-9a-f]{16})-([1-9]\d{0,6})-of-([1-9]\d{0,6})$/;

/** In each of `folders`, or in its folder `shards`. */
export async function findJobs(folders: readonly Storage[]): Promise<FoundJob[]> {
  const jobs = new Map<string, FoundJob>();
  for (const folder of folders)
    for (const at of [folder, folder.sub(SHARES_FOLDER)])
      for (const name of await at.list()) {
        const [, hash, index, of] = NAME.exec(name) ?? [];
        if (hash === undefined || Number(index) > Number(of)) continue;
        const found = await shareAt(at.sub(name), { hash, index: Number(index), of: Number(of) });
        const key = `${hash}/${of}`;
        const job = jobs.get(key) ?? { hash, of: found.of, shares: Array(found.of).fill(undefined) };
        jobs.set(key, job);
        const other = job.shares[found.index - 1];
        if (!other?.record?.complete) job.shares[found.index - 1] = found;
      }
  return [...jobs.values()];
}

async function shareAt(storage: Storage, about: Share & { hash: string }): Promise<FoundShare> {
  try {
    const record = await readRecord(storage);
    if (record && (record.hash !== about.hash || record.shard !== about.index || record.of !== about.of))
      throw new InputError(
        `${storage.label}: holds shard ${record.shard}/${record.of} of ${record.hash}; a shard's folder keeps its name`,
      );
    return { ...about, storage, record };
  } catch (error) {
    if (!(error instanceof CurvesaeError)) throw error;
    return { ...about, storage, damage: error };
  }
}

/** A record of the job, whichever share it is of: what they all say alike. */
export const anyRecord = ({ shares }: FoundJob): ShareRecord | undefined =>
  shares.find((share) => share?.record)?.record;

const named = (job: FoundJob): string => {
  const command = anyRecord(job)?.command;
  return `${job.hash}/${job.of}${command ? ` (${command})` : ''}`;
};

/** The one job, or the one that is asked for as HASH or HASH/N. InputError: none. UsageError: several, or another. */
export function chooseJob(jobs: readonly FoundJob[], wanted: string | undefined, label: string): FoundJob {
  const found = jobs.filter(
    ({ hash, of }) => wanted === undefined || wanted === hash || wanted === `${hash}/${of}`,
  );
  if (found.length === 1) return found[0];
  if (!jobs.length)
    throw new InputError(`${label}: no shard here; a command makes one with --shard I/N (1/4, 2/4, ...)`);
  const list = jobs.map(named).join(', ');
  throw new UsageError(
    found.length
      ? `${label}: shards of ${found.length} jobs, which do not belong together: ${list}; choose with --job`
      : `${label}: no shards of job '${wanted}'; there are: ${list}`,
  );
}

/** The records of all shares. The error of one that is damaged; IncompleteError naming those that are not finished. */
export function wholeJob(job: FoundJob): { storage: Storage; record: ShareRecord }[] {
  const damaged = job.shares.find((share) => share?.damage);
  if (damaged) throw damaged.damage;
  const missing = job.shares.flatMap((share, i) => {
    if (share?.record?.complete) return [];
    const { done, total, unit } = share?.record ?? {};
    const why = done === undefined ? 'not begun' : `${done} of ${total} ${unit}`;
    return [`${shareText({ index: i + 1, of: job.of })} (${why})`];
  });
  if (missing.length)
    throw new IncompleteError(
      `${missing.length} of ${job.of} shards of job ${job.hash} are not finished: ${missing.join(', ')}; run their commands, then merge again`,
    );
  return job.shares.map((share) => ({ storage: share!.storage, record: share!.record! }));
}
