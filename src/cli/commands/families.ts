import { FAMILIES_OPTIONS, type FamiliesReport, families } from '../../api/families.js';
import { nodePlatform } from '../../api/platform.node.js';
import { UsageError } from '../../core/errors.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

/** Families listed on a terminal; families.json has all. */
const LISTED = 30;

export default command({
  summary: 'feature families, and splitting over capacities',
  usage: 'SAE [SAE...] --in E --out DIR',
  flags: FAMILIES_OPTIONS,
  async run(context, values, positionals) {
    if (!positionals.length) throw new UsageError('give the SAE folder, or several of rising capacity');
    const report = await families(nodePlatform, {
      sae: positionals,
      ...camelOptions(FAMILIES_OPTIONS, values),
      ...(await context.call()),
    });
    context.print(report, () => listing(report), values.out);
    return 0;
  },
});

function listing({ families: found, saes, consistency }: FamiliesReport): string {
  const largest = [...found].sort((a, b) => b.children.length - a.children.length);
  const number = (v: number | null) => (v === null ? '-' : v.toFixed(2));
  const lines = saes.map(
    ({ sae, families: count, candidates, chance }) =>
      `${sae}: ${count} families among ${candidates} features${chance ? ` (by chance ${chance.families})` : ''}`,
  );
  for (const { parent, children, score } of largest.slice(0, LISTED))
    lines.push(
      `${parent}: ${children.length} children, R ${number(score)}: ${children.slice(0, 8).join(' ')}${children.length > 8 ? ' ...' : ''}`,
    );
  if (largest.length > LISTED) lines.push(`and ${largest.length - LISTED} more`);
  if (consistency)
    lines.push(
      `paths of splitting agree with the direct step by ${number(consistency.mean)} (Jaccard; by chance ${number(consistency.chance)})`,
    );
  return lines.join('\n');
}
