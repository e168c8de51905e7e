// `merge`: the shards of a job, made on several machines, as what one machine makes.
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import { joinActivations } from '../pipeline/shards/activations.js';
import { joinDisentangle } from '../pipeline/shards/disentangle.js';
import { joinEmbeddings } from '../pipeline/shards/embed.js';
import { joinExamples } from '../pipeline/shards/examples.js';
import { chooseJob, findJobs, wholeJob } from '../pipeline/shards/find.js';
import type { SharedCommand, ShareRecord } from '../pipeline/shards/record.js';
import { joinSweep } from '../pipeline/shards/sweep.js';
import { type ActivationsReport, storeReport } from './activations.js';
import { CALL_OPTIONS, type CallOptions, stagesOf } from './call.js';
import { type DisentangleReport, disentangle } from './disentangle.js';
import { type EmbedReport, embedReport } from './embed.js';
import { type ExamplesReport, examples } from './examples.js';
import { checked, type Options } from './options.js';
import type { OutSpec, Platform } from './platform.js';
import { FROM_OPTION, foldersOf } from './status.js';
import { type SweepReport, sweep } from './sweep.js';

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
  /** What the command reports where one machine does all of the work; null where the call has to be repeated for it. */
  result: ActivationsReport | EmbedReport | ExamplesReport | SweepReport | DisentangleReport | null;
}

export async function merge(platform: Platform, options: MergeCall): Promise<MergeReport> {
  const o = checked('merge', { ...FROM_OPTION, ...MERGE_OPTIONS }, options, CALL_OPTIONS);
  const { signal, onProgress, onFailure, warn = console.warn } = options;
  signal?.throwIfAborted();
  const folders = foldersOf(platform, o.from);
  const job = chooseJob(await findJobs(folders), o.job, folders.map(({ label }) => label).join(', '));
  const shares = wholeJob(job);
  if (o.out !== undefined) await platform.ensureFolder(o.out);
  const stages = stagesOf(onProgress, warn);
  const { command, unit, all } = shares[0].record;
  stages.start('merge');
  const { failures = [], ...made } = await JOIN[command]({
    ...{ platform, options, shares, signal },
    out: o.out ?? (Array.isArray(o.from) ? o.from[0] : o.from),
    onProgress: (done) => stages.update(done, all, unit),
    onJoined: (reused) => stages.finish(`${shares.length} shards${reused ? ', reused' : ''}`),
  });
  for (const failure of failures) {
    warn(`skipped ${failure.reason}`);
    onFailure?.(failure);
  }
  return { command, hash: job.hash, shards: shares.length, ...made };
}

interface Joining {
  platform: Platform;
  options: MergeCall;
  out: OutSpec;
  shares: readonly { storage: Storage; record: ShareRecord }[];
  signal: AbortSignal | undefined;
  onProgress: (done: number) => void;
  /** The shards are read; `reused`: they had been before. */
  onJoined: (reused: boolean) => void;
}

/** `failures`: of pictures, that nobody was told of. */
type Joined = Pick<MergeReport, 'out' | 'reused' | 'result'> & { failures?: ImageFailure[] };

const JOIN: Record<SharedCommand, (joining: Joining) => Promise<Joined>> = {
  async activations({ platform, out, shares, onJoined, ...hooks }) {
    const { storage, manifest, reused } = await joinActivations(platform.storage(out), shares, hooks);
    onJoined(reused);
    const result = storeReport(storage, manifest, reused);
    return { out: storage.label, reused, failures: result.failures, result };
  },
  async embed({ platform, out, shares, onJoined }) {
    const storage = platform.storage(out);
    const { manifest, reused } = await joinEmbeddings(storage, shares);
    onJoined(reused);
    const result = embedReport(storage.label, manifest, {}, reused);
    return { out: storage.label, reused, failures: result.failures, result };
  },
  async examples(joining) {
    const reused = await joinExamples(joining.platform.storage(joining.out), joining.shares);
    return ended(joining, reused, examples);
  },
  async sweep(joining) {
    const reused = await joinSweep(joining.platform.storage(joining.out), joining.shares);
    return ended(joining, reused, sweep);
  },
  async disentangle(joining) {
    const reused = await joinDisentangle(joining.platform.storage(joining.out), joining.shares);
    return ended(joining, reused, disentangle);
  },
};

/** The command itself, of the options that a shard kept: it takes what was joined, and ends its work. */
async function ended<R>(
  { platform, options, out, shares, onJoined }: Joining,
  reused: boolean,
  command: (platform: Platform, options: never) => Promise<R>,
): Promise<Pick<MergeReport, 'out' | 'reused'> & { result: R | null }> {
  onJoined(reused);
  const { from: _, out: __, job: ___, ...hooks } = options;
  const { call } = shares[0].record;
  const { label } = platform.storage(out);
  if (call)
    return { out: label, reused, result: await command(platform, { ...call, ...hooks, out } as never) };
  hooks.warn?.(
    `${label}: the shards are joined; repeat the call without its shard, which takes them: its options are objects, which the shards could not keep`,
  );
  return { out: label, reused, result: null };
}
