// What a command says of a shard of its work; its own report is made by curvesae merge.
import type { ShardReport } from '../api/shard-call.js';
import type { Context } from './command.js';

export function printShard(context: Context, report: ShardReport): number {
  const { folder, shard, unit, total, reused } = report;
  context.print(
    report,
    () => `${folder}: shard ${shard}, ${total} ${unit}${reused ? ', finished before' : ''}`,
    folder,
  );
  return context.exitCode();
}
