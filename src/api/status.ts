// `status`: how far the shards of a job are, wherever they run.
import type { Storage } from '../formats/storage.js';
import { anyRecord, type FoundShare, findJobs } from '../pipeline/shards/find.js';
import type { SharedCommand } from '../pipeline/shards/record.js';
import { CALL_OPTIONS, type CallOptions } from './call.js';
import { checked, type Options } from './options.js';
import type { OutSpec, Platform } from './platform.js';

/** Of merge and status; on the command line their arguments. */
export const FROM_OPTION = {
  from: {
    kind: 'list',
    value: 'DIR,...',
    help: 'the folder that the shards were written into (their `out`), or several',
    paths: true,
    required: true,
    object: true,
  },
} as const satisfies Options;

export const STATUS_OPTIONS = {} as const satisfies Options;

/** Options of status(). */
export interface StatusCall extends Pick<CallOptions, 'signal'> {
  /** The folder that the shards were written into (their `out`), or several. */
  from: OutSpec | readonly OutSpec[];
}

/** `started`: begun and not finished, at work or stopped. `missing`: not begun, or its folder is elsewhere. */
export type ShardState = 'complete' | 'started' | 'missing' | 'damaged';

export interface ShardStatus {
  /** From 1. */
  shard: number;
  state: ShardState;
  done: number;
  /** Units of this shard; null where it is not known. */
  total: number | null;
  failures: number;
  /** Wall time spent, over all its runs. */
  seconds: number;
  folder: string | null;
  /** What is wrong with a damaged one. */
  damage?: string;
}

export interface JobStatus {
  command: SharedCommand | null;
  hash: string;
  of: number;
  complete: boolean;
  /** Of `done` and `total`; null where no shard says it. */
  unit: string | null;
  done: number;
  total: number | null;
  shards: ShardStatus[];
}

export interface StatusReport {
  jobs: JobStatus[];
}

/** The folders that `from` names. */
export const foldersOf = (platform: Platform, from: OutSpec | readonly OutSpec[]): Storage[] =>
  (Array.isArray(from) ? (from as readonly OutSpec[]) : [from as OutSpec]).map((f) => platform.storage(f));

export async function status(platform: Platform, options: StatusCall): Promise<StatusReport> {
  const o = checked('status', FROM_OPTION, options, CALL_OPTIONS);
  const jobs = await findJobs(foldersOf(platform, o.from));
  return {
    jobs: jobs.map((job) => {
      const record = anyRecord(job);
      const shards = job.shares.map(shardStatus);
      return {
        ...{ command: record?.command ?? null, hash: job.hash, of: job.of },
        complete: shards.every(({ state }) => state === 'complete'),
        unit: record?.unit ?? null,
        done: shards.reduce((n, { done }) => n + done, 0),
        total: record?.all ?? null,
        shards,
      };
    }),
  };
}

function shardStatus(share: FoundShare | undefined, i: number): ShardStatus {
  const { record, damage, storage } = share ?? {};
  const { done = 0, total = null, failures = 0, seconds = 0 } = record ?? {};
  const state = damage ? 'damaged' : !record ? 'missing' : record.complete ? 'complete' : 'started';
  return {
    ...{ shard: i + 1, state, done, total, failures, seconds, folder: storage?.label ?? null },
    ...(damage && { damage: damage.message }),
  };
}
