import { CIRCUIT_OPTIONS, type CircuitReport, circuit } from '../../api/circuit.js';
import { nodePlatform } from '../../api/platform.node.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'what drives a unit or feature, what it does, and how curves are wired',
  usage: '--model MODEL --tap TAP [--sae SAE] --units u,v [--images DIR] [--curves] --out DIR',
  flags: CIRCUIT_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'the SAE is given with --sae');
    const report = await circuit(nodePlatform, {
      ...camelOptions(CIRCUIT_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    });
    context.print(report, () => summary(report, values.out), values.out);
    return context.exitCode();
  },
});

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function summary({ units, curves, from, tap }: CircuitReport, out: string): string {
  const lines: string[] = [];
  for (const [name, { drives, ablate }] of Object.entries(units)) {
    if (!drives) {
      lines.push(`${name}: never fires on these pictures`);
      continue;
    }
    const { exciting, inhibiting, chance, agreement } = drives;
    const listed = (drivers: typeof exciting) =>
      drivers
        .slice(0, 3)
        .map(({ unit, share }) => `${unit} ${percent(share)}`)
        .join(', ') || 'none';
    lines.push(
      `${name}: driven by ${listed(exciting)}; held back by ${listed(inhibiting)} (a random direction: ${percent(chance.p95)} in one of twenty)${agreement ? `; r with ablation ${agreement.attribution.toFixed(2)}, shuffled ${agreement.shuffled.toFixed(2)}` : ''}`,
    );
    if (ablate?.classes?.down.length) {
      const [{ name: most, change }] = ablate.classes.down;
      lines.push(
        `  without it ${most} loses ${(-change).toFixed(2)} (random directions move a class by ${ablate.classes.random.largest.toFixed(2)} at most)`,
      );
    }
  }
  for (const { kind, units: early, aligned, p } of curves?.early ?? [])
    lines.push(
      `${early.length} ${kind === 'line' ? 'lines' : 'early curves'} of ${from} to ${curves!.curves.length} curves of ${tap}: aligned ${aligned.toFixed(3)}, p = ${p.toFixed(3)} by shuffled orientations`,
    );
  if (curves && !curves.early.length)
    lines.push(`no curve circuit: ${curves.curves.length} curves of ${tap}, no oriented unit of ${from}`);
  return [...lines, `${out}/circuit.html`].join('\n');
}
