import { DECOMPOSE_OPTIONS, type DecomposeReport, decompose } from '../../api/decompose.js';
import { nodePlatform } from '../../api/platform.node.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'what neurons are made of, feature by feature',
  usage: '--model MODEL --sae SAE [--tap TAP] [--units u,v] [--images DIR] --out DIR',
  flags: DECOMPOSE_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'the SAE is given with --sae');
    const report = await decompose(nodePlatform, {
      ...camelOptions(DECOMPOSE_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    });
    context.print(report, () => summary(report, values.out), values.out);
    return context.exitCode();
  },
});

const SHOWN = 12;

function summary({ units, control, planted, vectors }: DecomposeReport, out: string): string {
  const { mean, p5, p95 } = control.polysemanticity;
  const lines = units.slice(0, SHOWN).map(
    ({ unit, polysemanticity, explained, parts }) =>
      `${unit}: ${polysemanticity} kinds of features carry 90 %${explained === null ? '' : `, ${(100 * explained).toFixed(0)} % of its variance explained`}: ${parts
        .slice(0, 5)
        .map(
          ({ feature, share, orientationDeg }) =>
            `${feature} ${(100 * share).toFixed(0)} %${orientationDeg === null ? '' : ` (${orientationDeg.toFixed(0)}°)`}`,
        )
        .join(', ')}`,
  );
  return [
    ...lines,
    ...(units.length > SHOWN ? [`and ${units.length - SHOWN} more neurons`] : []),
    ...(planted
      ? [
          `of ${planted.units} sums of two neurons the two largest parts point to both in ${planted.both}, to one in ${planted.one} (to those of another sum: ${planted.chance.both.toFixed(1)} and ${planted.chance.one.toFixed(1)})`,
        ]
      : []),
    `control: an axis of a random rotation takes ${mean.toFixed(1)} (${p5} to ${p95} in 9 of 10), over ${vectors} vectors`,
    `${out}/decompose.html`,
  ].join('\n');
}
