import { embed } from '../../api/embed.js';
import { EMBED_OPTIONS } from '../../api/embed-options.js';
import { nodePlatform } from '../../api/platform.node.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'embeddings of pictures, or of texts through any OpenAI-compatible service',
  usage: '--images DIR [--model MODEL] | --texts FILE --endpoint URL --name MODEL   --out DIR',
  flags: EMBED_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'pictures are given with --images, documents with --texts');
    const report = await embed(nodePlatform, {
      ...camelOptions(EMBED_OPTIONS, values),
      ...(await context.call()),
    });
    const { out, vectors, d, dtype, tokens, cost, reused, shard } = report;
    context.print(
      report,
      () =>
        `${out}: ${shard === undefined ? '' : `shard ${shard}, `}${vectors} vectors of ${d} (${dtype})${tokens === null ? '' : `, ${tokens} tokens`}${cost === null ? '' : `, cost ${cost.toFixed(4)}`}${reused ? ', already there' : ''}`,
      out,
    );
    return context.exitCode();
  },
});
