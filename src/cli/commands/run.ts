import { nodePlatform } from '../../api/platform.node.js';
import { RUN_OPTIONS, type RunReport, run } from '../../api/run.js';
import { controlLines } from '../../study/curves/control-text.js';
import { firingText } from '../../study/curves/statistics.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'the main job: network, activations, SAE, curves, report',
  usage: '[--model MODEL] [--images DIR] [--tap TAP] --out DIR',
  flags: RUN_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'pictures are given with --images');
    const result = await run(nodePlatform, {
      ...camelOptions(RUN_OPTIONS, values),
      ...(await context.call()),
      commandLine: context.commandLine,
    });
    context.print(result, () => summary(result, values.out), values.out);
    return context.exitCode();
  },
});

function summary(r: RunReport, out: string): string {
  const { neurons, features, filledGaps } = r.curves;
  const lines = [
    ...(r.verdict ? [r.verdict] : []),
    `neurons:  ${neurons.count} curve detectors, largest gap ${neurons.largestGapDeg.toFixed(1)} degrees`,
    `features: ${features?.count ?? 0} curve detectors, largest gap ${(features?.largestGapDeg ?? 360).toFixed(1)} degrees`,
    ...(filledGaps ?? []).map(
      (g) =>
        `gap ${g.fromDeg.toFixed(0)} to ${g.toDeg.toFixed(0)} degrees: filled by ${g.features.length} features (${g.features.join(', ')})`,
    ),
    ...controlLines(r.controls),
    `SAE: ${r.sae.architecture}, ${r.sae.dIn} -> ${r.sae.dSae}, L0 ${r.sae.l0.toFixed(1)}, FVU ${r.sae.fvu.toFixed(4)}${typeof r.sae.trainFvu === 'number' ? ` (${r.sae.trainFvu.toFixed(4)} on training vectors)` : ''}, gamma ${r.sae.gamma.toFixed(3)}${r.sae.firing ? `; ${firingText(r.sae.firing)}` : ''}`,
  ];
  if (r.groundTruth)
    lines.push(
      `planted features recovered: ${r.groundTruth.recovered} of ${r.groundTruth.total}, mean max cosine ${r.groundTruth.meanMaxCosine.toFixed(3)}`,
    );
  if (r.failures.length) lines.push(`${r.failures.length} images could not be used (see result.json)`);
  lines.push(`report: ${out.replace(/\/$/, '')}/${r.report}`);
  return lines.join('\n');
}
