import { CURVES_OPTIONS, type CurvesReport, curves } from '../../api/curves.js';
import { nodePlatform } from '../../api/platform.node.js';
import type { HiddenStudy } from '../../pipeline/tap-study.js';
import { controlLines, evidenceText, few } from '../../study/curves/control-text.js';
import type { DetectorSet } from '../../study/curves/types.js';
import { noArguments } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'tuning curves, curve detectors, gaps',
  usage: '--model MODEL --tap TAP [--sae SAE]',
  flags: CURVES_OPTIONS,
  async run(context, values, positionals) {
    noArguments(positionals, 'the SAE is given with --sae');
    const report = await curves(nodePlatform, {
      ...camelOptions(CURVES_OPTIONS, values),
      ...(await context.call()),
    });
    context.print(report, () => describeStudy(report));
    return context.exitCode();
  },
});

function truthText({ hidden, neurons, recovered, curves, shown, axes }: HiddenStudy, left: number): string {
  const chance = axes
    ? `; of the axes that are left ${left} meet the criterion, where ${axes.of} random directions as rare give ${few(axes.detectors.mean)} (p = ${few(axes.p)})`
    : '';
  return `truth (${hidden}): ${neurons.count} neurons are curve detectors, and features show ${shown} of them; the decoder points to ${curves.recovered} of these ${curves.of}, and to ${recovered.recovered} of all ${recovered.of} neurons${chance}`;
}

function describeStudy(study: CurvesReport): string {
  const table = (title: string, set: DetectorSet) => [
    `${title}: ${set.count} curve detectors, largest gap ${set.largestGapDeg.toFixed(1)} degrees`,
    ...set.detectors.map(
      (d) =>
        `  ${d.unit.padEnd(18)} ${d.orientationDeg.toFixed(1).padStart(6)} deg  peak ${d.peak.toPrecision(4).padStart(7)}  ` +
        `strength ${d.strength.toFixed(2)}  resultant ${d.resultant.toFixed(2)}  echo ${d.echo.toFixed(2)}  FWHM ${d.fwhmDeg.toFixed(1)}${d.evidence ? `  ${evidenceText(d.evidence)}` : ''}`,
    ),
  ];
  return [
    study.verdict,
    ...(study.truth ? [truthText(study.truth, study.neurons.count)] : []),
    ...table('neurons', study.neurons),
    ...(study.features ? table('features', study.features) : []),
    ...(study.filledGaps ?? []).map(
      (g) => `gap ${g.fromDeg.toFixed(1)} to ${g.toDeg.toFixed(1)}: ${g.features.join(', ')}`,
    ),
    ...controlLines(study.controls),
  ].join('\n');
}
