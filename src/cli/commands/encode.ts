import { ENCODE_OPTIONS, encode } from '../../api/encode.js';
import { nodePlatform } from '../../api/platform.node.js';
import { onlyArgument } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'features of any vectors',
  usage: 'SAE --in FILE --out FILE',
  flags: ENCODE_OPTIONS,
  async run(context, values, positionals) {
    const sae = onlyArgument(positionals, 'SAE folder');
    const report = await encode(nodePlatform, {
      sae,
      ...camelOptions(ENCODE_OPTIONS, values),
      ...(await context.call()),
    });
    const { out, vectors, dSae, l0 } = report;
    context.print(report, () => `${out}: ${vectors} x ${dSae}, L0 ${l0.toFixed(2)}`, out);
    return 0;
  },
});
