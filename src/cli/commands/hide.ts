import { HIDE_OPTIONS, hide } from '../../api/hide.js';
import { nodePlatform } from '../../api/platform.node.js';
import { onlyArgument } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'a store whose neurons are hidden, with the truth kept: a test with a known answer',
  usage: 'STORE --rotate | --project N | --sum-pairs --out STORE',
  flags: HIDE_OPTIONS,
  async run(context, values, positionals) {
    const activations = onlyArgument(positionals, 'activation store');
    const report = await hide(nodePlatform, {
      activations,
      ...camelOptions(HIDE_OPTIONS, values),
      ...(await context.call()),
    });
    const { store, vectors, dIn, neurons, hidden } = report;
    context.print(
      report,
      () => `${store}: ${vectors} vectors of ${dIn}, ${neurons} neurons hidden (${hidden})`,
      store,
    );
    return 0;
  },
});
