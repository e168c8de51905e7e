import { ACTIVATIONS_OPTIONS, activations } from '../../api/activations.js';
import { nodePlatform } from '../../api/platform.node.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'sample activations of a tap into a resumable store',
  usage: '--model MODEL --images DIR --tap TAP --out STORE  (or --texts FILE)',
  flags: ACTIVATIONS_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'pictures are given with --images');
    const report = await activations(nodePlatform, {
      ...camelOptions(ACTIVATIONS_OPTIONS, values),
      ...(await context.call()),
    });
    const { store, vectors, dIn, images, heldout, shard } = report;
    context.print(
      report,
      () =>
        `${store}: ${shard === undefined ? '' : `shard ${shard}, `}${vectors} vectors of ${dIn} from ${images} ${values.texts === undefined ? 'images' : 'windows of text'} (${heldout} held out)`,
      store,
    );
    return context.exitCode();
  },
});
