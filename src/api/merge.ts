// `merge`: the shards of a job, made on several machines, as what one machine makes.
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import { joinActivations } from '../pipeline/shards/activations.js';
import { chooseJob, findJobs, wholeJob } from '../pipeline/shards/find.js';
import type { SharedCommand, ShareRecord } from '../pipeline/shards/record.js';
import { type ActivationsReport, storeReport } from './activations.js';
import { CALL_OPTIONS, type CallOptions, stagesOf } from './call.js';
import { checked, type Options } from './options.js';
import type { OutSpec, Platform } from './platform.js';
import { FROM_OPTION, foldersOf } from './status.js';

export const MERGE_OPTIONS = {
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'where the result goes (default: the first folder)',
    object: true,
  },
  job: { kind: 'text', value: 'HASH[/N]', help: 'which job, where shards of several are there' },
} as const satisfies Options;

/** Options of merge(). */
export interface MergeCall extends CallOptions {
  /** The folder that the shards were written into (their `out`), or several. */
  from: OutSpec | readonly OutSpec[];
  /** Where the result goes; the first folder of `from` unless given. */
  out?: OutSpec;
  /** Which job, as `'<hash>'` or `'<hash>/<N>'`, where `from` holds shards of several. */
  job?: string;
}

export interface MergeReport {
  command: SharedCommand;
  /** Of the job. */
  hash: string;
  shards: number;
  /** What was made. */
  out: string;
  /** Nothing had to be written. */
  reused: boolean;
  /** What the command reports where one machine does all of the work. */
  result: ActivationsReport;
}

export async function merge(platform: Platform, options: MergeCall): Promise<MergeReport> {
  const o = checked('merge', { ...FROM_OPTION, ...MERGE_OPTIONS }, options, CALL_OPTIONS);
  const { signal, onProgress, onFailure, warn = console.warn } = options;
  signal?.throwIfAborted();
  const folders = foldersOf(platform, o.from);
  const job = chooseJob(await findJobs(folders), o.job, folders.map(({ label }) => label).join(', '));
  const shares = wholeJob(job);
  if (o.out !== undefined) await platform.ensureFolder(o.out);
  const out = o.out === undefined ? folders[0] : platform.storage(o.out);
  const stages = stagesOf(onProgress, warn);
  const { command, unit, all } = shares[0].record;
  stages.start('merge');
  const { failures, ...made } = await JOIN[command](out, shares, {
    signal,
    onProgress: (done) => stages.update(done, all, unit),
  });
  stages.finish(`${shares.length} shards${made.reused ? ', reused' : ''}`);
  for (const failure of failures) {
    warn(`skipped ${failure.reason}`);
    onFailure?.(failure);
  }
  return { command, hash: job.hash, shards: shares.length, ...made };
}

type Join = (
  out: Storage,
  shares: readonly { storage: Storage; record: ShareRecord }[],
  hooks: { signal?: AbortSignal; onProgress: (done: number) => void },
) => Promise<Pick<MergeReport, 'out' | 'reused' | 'result'> & { failures: ImageFailure[] }>;

const JOIN: Record<SharedCommand, Join> = {
  async activations(root, shares, hooks) {
    const { storage, manifest, reused } = await joinActivations(root, shares, hooks);
    const result = storeReport(storage, manifest, reused);
    return { out: storage.label, reused, failures: result.failures, result };
  },
};
