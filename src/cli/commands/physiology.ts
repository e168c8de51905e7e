import { PHYSIOLOGY_OPTIONS, type PhysiologyReport, physiology } from '../../api/physiology.js';
import { nodePlatform } from '../../api/platform.node.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'sheets of units: what they answer to curves, gratings, colours, textures',
  usage: '--model MODEL --units u,v [--tap TAP] [--sae SAE] [--images DIR] --out DIR',
  flags: PHYSIOLOGY_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'units are given with --units');
    const report = await physiology(nodePlatform, {
      ...camelOptions(PHYSIOLOGY_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    });
    context.print(report, () => summary(report, values.out), values.out);
    return context.exitCode();
  },
});

function summary({ units, random, drawings }: PhysiologyReport, out: string): string {
  const lines = Object.entries(units).map(([name, { family, strength, curve }]) => {
    const strong =
      strength === null
        ? 'never fires on the pictures'
        : `drawings reach ${strength.toFixed(2)} of its 99.9th percentile`;
    const turned =
      curve.peak > 0
        ? `; curves ${curve.orientationDeg.toFixed(0)}°, resultant ${curve.resultant.toFixed(2)}, echo ${curve.echo.toFixed(2)}`
        : '; deaf to curves';
    return `${name}: ${family}; ${strong}${turned}`;
  });
  return [
    ...lines,
    `beside ${random.directions} random directions, on ${drawings} drawings`,
    `${out}/physiology.html`,
  ].join('\n');
}
