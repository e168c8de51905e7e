import { DISENTANGLE_OPTIONS, disentangle, disentangleShard } from '../../api/disentangle.js';
import { nodePlatform } from '../../api/platform.node.js';
import { isShard } from '../../api/shard-option.js';
import { resultLines } from '../../study/disentangle/text.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';
import { printShard } from '../shards.js';

export default command({
  summary: 'do features mediate what is known? cause, isolation and their mean, of each method',
  usage: '--task vision|vectors|city [--methods M,...] [--sae SAE] --out DIR',
  flags: DISENTANGLE_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'the task is given with --task');
    const call = {
      ...camelOptions(DISENTANGLE_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    };
    if (isShard(call)) return printShard(context, await disentangleShard(nodePlatform, call));
    const report = await disentangle(nodePlatform, call);
    context.print(report, () => resultLines(report).join('\n'), values.out);
    return context.exitCode();
  },
});
