import { nodePlatform } from '../../api/platform.node.js';
import { TAXONOMY_OPTIONS, type TaxonomyReport, taxonomy } from '../../api/taxonomy.js';
import { FAMILIES } from '../../study/taxonomy/rule.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'every unit and feature in its family by what it answers, and a map',
  usage: '--model MODEL --tap TAP [--sae SAE] [--images DIR] --out DIR',
  flags: TAXONOMY_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'the layer is given with --tap');
    const report = await taxonomy(nodePlatform, {
      ...camelOptions(TAXONOMY_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    });
    context.print(report, () => summary(report, values.out), values.out);
    return context.exitCode();
  },
});

function summary({ tap, families, units, features, drawings }: TaxonomyReport, out: string): string {
  const { directions, ...random } = families.random;
  const share = (n: number, of: number): string => `${n} (${((100 * n) / of).toFixed(0)} %)`.padStart(14);
  const rows = FAMILIES.map((family) =>
    [
      family.padEnd(20),
      share(families.units[family], units.length),
      ...(features ? [share(families.features![family], features.length)] : []),
      share(random[family], directions),
    ].join(''),
  );
  const head = ['units', ...(features ? ['features'] : []), 'random'].map((name) => name.padStart(14));
  return [
    `${tap}: ${units.length} units${features ? `, ${features.length} features` : ''} and ${directions} random directions by their answers to ${drawings} drawings`,
    `${'family'.padEnd(20)}${head.join('')}`,
    ...rows,
    `${out}/taxonomy.html`,
  ].join('\n');
}
