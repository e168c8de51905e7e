import { nodePlatform } from '../../api/platform.node.js';
import { type JobStatus, type ShardStatus, STATUS_OPTIONS, status } from '../../api/status.js';
import { UsageError } from '../../core/errors.js';
import { command } from '../command.js';

/** Characters of a bar. */
const BAR = 24;

export default command({
  summary: 'how far the shards of a job are, in one view',
  usage: 'DIR [DIR...]',
  flags: STATUS_OPTIONS,
  async run(context, _values, positionals) {
    if (!positionals.length) throw new UsageError('give the folder that the shards are written into');
    const { jobs } = await status(nodePlatform, { from: positionals, signal: context.hooks.signal });
    context.print({ jobs }, () =>
      jobs.length ? jobs.map(jobText).join('\n\n') : 'no shards here; a command makes one with --shard I/N',
    );
    return 0;
  },
});

function jobText({ command: name, hash, of, unit, done, total, shards, complete }: JobStatus): string {
  const count = (state: string) => shards.filter((s) => s.state === state).length;
  const states = ['complete', 'started', 'missing', 'damaged'].flatMap((state) =>
    count(state) ? [`${count(state)} ${state}`] : [],
  );
  return [
    `${name ?? 'job'} ${hash}: ${done} of ${total ?? '?'} ${unit ?? ''}; ${of} shards: ${states.join(', ')}`,
    ...shards.map((shard) => shardText(shard, of)),
    ...(complete ? ['all are finished: curvesae merge joins them'] : []),
  ].join('\n');
}

function shardText(
  { shard, state, done, total, failures, seconds, damage }: ShardStatus,
  of: number,
): string {
  const name = `${shard}/${of}`.padStart(2 * String(of).length + 1);
  const full = state === 'complete' ? BAR : total ? Math.floor((BAR * done) / total) : 0;
  const bar = `${'#'.repeat(full)}${'.'.repeat(BAR - full)}`;
  const rate = seconds > 0 && done > 0 ? `, ${(done / seconds).toFixed(1)}/s` : '';
  const failed = failures ? `, ${failures} failed` : '';
  const detail = damage ?? (total === null ? '' : `${done}/${total}${rate}${failed}`);
  return `  ${name} ${bar} ${state.padEnd(8)} ${detail}`.trimEnd();
}
