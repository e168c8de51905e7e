import { nodePlatform } from '../../api/platform.node.js';
import { isShard } from '../../api/shard-option.js';
import { SWEEP_OPTIONS, type SweepReport, sweep, sweepShard } from '../../api/sweep.js';
import { jointText } from '../../report/scaling.js';
import { paretoFront } from '../../study/sweep/fronts.js';
import type { SweepRow } from '../../study/sweep/types.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';
import { printShard } from '../shards.js';

export default command({
  summary: 'a grid of SAEs from one activation stream, and its Pareto picture',
  usage: '--activations STORE|FILE --archs relu,gated,topk --out DIR [--k 4,8] [--l1 1,2,4]',
  flags: SWEEP_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'vectors are given with --activations');
    const call = {
      ...camelOptions(SWEEP_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    };
    if (isShard(call)) {
      const shard = await sweepShard(nodePlatform, call);
      return printShard(context, shard) || (shard.failures.length ? 4 : 0);
    }
    const result = await sweep(nodePlatform, call);
    context.print(result, () => text(result, values.out), values.out);
    return result.rows.some((r) => r.error !== undefined) ? 4 : context.exitCode();
  },
});

function text({ rows, downstream, report, scaling }: SweepReport, out: string): string {
  const front = paretoFront(rows, (r) => r.fvu);
  const width = Math.max(...rows.map((r) => r.name.length), 4);
  const line = (r: SweepRow) =>
    r.error !== undefined
      ? `${r.name.padEnd(width)}    ${r.error}`
      : `${r.name.padEnd(width)} ${front.has(r.name) ? '*' : ' '} ${r.l0!.toFixed(2).padStart(7)} ${r.fvu!.toFixed(4).padStart(7)} ${r.gamma!.toFixed(3).padStart(6)} ${(100 * r.deadFraction!).toFixed(1).padStart(6)} %` +
        (r.downstream?.lossRecovered == null
          ? ''
          : ` ${(100 * r.downstream.lossRecovered).toFixed(2).padStart(8)} %`);
  return [
    `${'SAE'.padEnd(width)}        L0     FVU  gamma     dead${downstream ? '  recovered' : ''}`,
    ...rows.map(line),
    '* no other SAE is both sparser and more faithful',
    ...scaling.flatMap((s) => (s.joint ? [`${s.architecture}: ${jointText(s.joint)}`] : [])),
    `report: ${out}/${report}`,
  ].join('\n');
}
