import { DECODE_OPTIONS, decode } from '../../api/decode.js';
import { nodePlatform } from '../../api/platform.node.js';
import { onlyArgument } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'vectors from features',
  usage: 'SAE --in FILE --out FILE [--vectors FILE]',
  flags: DECODE_OPTIONS,
  async run(context, values, positionals) {
    const sae = onlyArgument(positionals, 'SAE folder');
    const report = await decode(nodePlatform, {
      sae,
      ...camelOptions(DECODE_OPTIONS, values),
      ...(await context.call()),
    });
    context.print(report, () => `${report.out}: ${report.vectors} x ${report.dIn}`, report.out);
    return 0;
  },
});
