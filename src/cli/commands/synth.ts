import { nodePlatform } from '../../api/platform.node.js';
import { SYNTH_OPTIONS, synth } from '../../api/synth.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'vectors with known features, to test what an SAE finds',
  usage: '--out DIR [--features N --d-in D --vectors N --active A ...]',
  flags: SYNTH_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'the folder is given with --out');
    const report = await synth(nodePlatform, {
      ...camelOptions(SYNTH_OPTIONS, values),
      ...(await context.call()),
    });
    const { out, knobs, l0, reused } = report;
    context.print(
      report,
      () =>
        `${out}: ${knobs.vectors} vectors of width ${knobs.dIn}, ${knobs.features} features, ${l0.toFixed(2)} active${reused ? ' (already there)' : ''}`,
      out,
    );
    return 0;
  },
});
