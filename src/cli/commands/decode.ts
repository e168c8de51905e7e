import { DECODE_OPTIONS, decode } from '../../api/decode.js';
import { nodePlatform } from '../../api/platform.node.js';
import { onlyArgument } from '../arguments.js';
import { command } from '../command.js';

export default command({
  summary: 'vectors from features',
  usage: 'SAE --in FILE --out FILE',
  flags: DECODE_OPTIONS,
  async run(context, values, positionals) {
    const sae = onlyArgument(positionals, 'SAE folder');
    const report = await decode(nodePlatform, {
      sae,
      in: values.in,
      out: values.out,
      ...(await context.call()),
    });
    context.print(report, () => `${report.out}: ${report.vectors} x ${report.dIn}`, report.out);
    return 0;
  },
});
