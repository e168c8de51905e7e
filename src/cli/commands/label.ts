import { LABEL_OPTIONS, label } from '../../api/label.js';
import { nodePlatform } from '../../api/platform.node.js';
import type { LabelScores } from '../../study/labels/summary.js';
import { onlyArgument } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'names for features, with scores',
  usage: 'SAE --in E --meta FILE --out FILE',
  flags: LABEL_OPTIONS,
  async run(context, values, positionals) {
    const sae = onlyArgument(positionals, 'SAE folder');
    const report = await label(nodePlatform, {
      sae,
      ...camelOptions(LABEL_OPTIONS, values),
      ...(await context.call()),
    });
    const { out, features, random, dimensions, heldOut, tokens } = report;
    context.print(
      report,
      () =>
        [
          `${out}: ${features.labels} features named; on ${heldOut} documents held out from the naming`,
          line('features', features),
          line('random directions', random),
          line('single dimensions', dimensions),
          ...(tokens === null ? [] : [`${tokens} tokens`]),
        ].join('\n'),
      out,
    );
    return 0;
  },
});

function line(what: string, { labels, f1, pearson }: LabelScores): string {
  const of = (score: LabelScores['f1']) =>
    score ? `${score.mean.toFixed(3)} (median ${score.median.toFixed(3)})` : 'not measured';
  return `  ${what} (${labels}): F1 ${of(f1)}, Pearson ${of(pearson)}`;
}
