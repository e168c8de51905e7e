import { EXAMPLES_OPTIONS, type ExamplesReport, examples, examplesShard } from '../../api/examples.js';
import { nodePlatform } from '../../api/platform.node.js';
import { isShard } from '../../api/shard-option.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';
import { printShard } from '../shards.js';

export default command({
  summary: 'where each neuron and feature fires: strongest places, every level, near misses',
  usage: '--model MODEL --images DIR|--texts FILE --tap TAP [--sae SAE] [--units u,v] --out DIR',
  flags: EXAMPLES_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'pictures are given with --images');
    const call = {
      ...camelOptions(EXAMPLES_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    };
    if (isShard(call)) return printShard(context, await examplesShard(nodePlatform, call));
    const report = await examples(nodePlatform, call);
    context.print(report, () => summary(report, values.out), values.out);
    return context.exitCode();
  },
});

function summary({ units, images, places, tap, page }: ExamplesReport, out: string): string {
  const all = Object.values(units);
  const fire = all.filter(({ fires }) => fires > 0).length;
  return `${out}: ${fire} of ${all.length} units of ${tap} fire at the ${places} places of ${images} ${all.some(({ top }) => top[0]?.text) ? 'windows of text' : 'images'}${page === null ? '' : `; ${out}/${page}`}`;
}
