import { nodePlatform } from '../../api/platform.node.js';
import { VISUALIZE_OPTIONS, visualize } from '../../api/visualize.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'pictures of what units, features and directions look for',
  usage: '--model MODEL [--sae SAE] --units u,v,... --out DIR',
  flags: VISUALIZE_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'units are given with --units');
    const report = await visualize(nodePlatform, {
      ...camelOptions(VISUALIZE_OPTIONS, values),
      commandLine: context.commandLine,
      ...(await context.call()),
    });
    const lines = report.images.map(
      ({ unit, file, before, after, strength }) =>
        `${file}: ${unit} from ${before.toPrecision(4)} to ${after.toPrecision(4)}${strength === null ? '' : `, ${strength.toFixed(2)} of its 99.9th percentile`}`,
    );
    context.print(report, () => lines.join('\n'), values.out);
    return context.exitCode();
  },
});
