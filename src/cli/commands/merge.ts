import { MERGE_OPTIONS, merge } from '../../api/merge.js';
import { nodePlatform } from '../../api/platform.node.js';
import { UsageError } from '../../core/errors.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'join the shards of a job (--shard I/N) into what one machine makes, to the byte',
  usage: 'DIR [DIR...] [--out DIR]',
  flags: MERGE_OPTIONS,
  async run(context, values, positionals) {
    if (!positionals.length) throw new UsageError('give the folder that the shards were written into');
    const report = await merge(nodePlatform, {
      from: positionals,
      ...camelOptions(MERGE_OPTIONS, values),
      ...(await context.call()),
    });
    const { command: name, shards, out, reused } = report;
    context.print(report, () => `${out}: ${name}, ${shards} shards${reused ? ', merged before' : ''}`, out);
    return context.exitCode();
  },
});
