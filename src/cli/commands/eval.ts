import type { DownstreamReport } from '../../api/downstream.js';
import { EVAL_OPTIONS, type EvalReport, evaluateAll } from '../../api/evaluate.js';
import type { HiddenTruth } from '../../api/hidden-truth.js';
import { nodePlatform } from '../../api/platform.node.js';
import type { DensityHistogram } from '../../sae/density.js';
import type { Recovery } from '../../study/hidden/recovery.js';
import { onlyArgument } from '../arguments.js';
import { command } from '../command.js';
import { camelOptions } from '../flags.js';

export default command({
  summary: 'metrics of a sparse autoencoder, on vectors that its training did not see',
  usage:
    'SAE --activations STORE|FILE [--truth [FILE]] [--stability SAE] [--downstream --model MODEL --images DIR --labels FILE.csv | --texts FILE]',
  flags: EVAL_OPTIONS,
  async run(context, values, positionals) {
    const sae = onlyArgument(positionals, 'SAE folder');
    const { report, split, l2Ratio, trainFvu } = await evaluateAll(nodePlatform, {
      sae,
      ...camelOptions(EVAL_OPTIONS, values),
      ...(await context.call()),
    });
    const { downstream, density } = report;
    context.print(report, () =>
      [
        `${report.vectors} vectors (${split})`,
        `L0 ${report.l0.toFixed(2)}`,
        `FVU ${report.fvu.toFixed(5)}${trainFvu === undefined ? '' : ` (${trainFvu.toFixed(5)} on training vectors)`}   explained variance ${report.explainedVariance.toFixed(5)}`,
        `gamma ${report.gamma.toFixed(4)}   cosine ${report.cosine.toFixed(4)}   L2 ratio ${l2Ratio.toFixed(4)}`,
        `dead ${(100 * report.deadFraction).toFixed(1)} %`,
        ...(density ? densityText(density, report.vectors) : []),
        ...describeComparisons(report),
        ...(downstream ? [downstreamText(downstream)] : []),
      ].join('\n'),
    );
    return context.exitCode();
  },
});

/** The histogram as bars of text, the bins between the first and the last that hold latents. */
function densityText({ silent, log10, latents }: DensityHistogram, vectors: number): string[] {
  const used = latents.flatMap((n, i) => (n > 0 ? [i] : []));
  const most = Math.max(silent, ...latents, 1);
  const row = (label: string, n: number) =>
    `${label.padStart(20)} ${String(n).padStart(7)} ${'#'.repeat(Math.ceil((40 * n) / most))}`.trimEnd();
  const bins = used.length ? log10.slice(used[0], used[used.length - 1] + 1) : [];
  return [
    `share of ${vectors} vectors on which a latent fires, and how many latents:`,
    row('never', silent),
    ...bins.map((low, i) => row(`10^${low.toFixed(2)} to ${(low + 0.25).toFixed(2)}`, latents[used[0] + i])),
  ];
}

function describeComparisons({ truth, stability: s }: EvalReport): string[] {
  return [
    ...(truth && 'baselines' in truth ? hiddenText(truth) : []),
    ...(truth && 'mcc' in truth
      ? [
          `truth: MCC ${truth.mcc.toFixed(4)}   uniqueness ${truth.uniqueness.toFixed(4)}   F1 ${truth.f1.toFixed(4)}`,
        ]
      : []),
    ...(s
      ? [
          `stability ${s.matchedCosine.toFixed(4)} (mean max ${s.meanMaxCosine.toFixed(4)})   ${s.pairs} pairs, ${(100 * s.above70).toFixed(1)} % above 0.7, ${(100 * s.above90).toFixed(1)} % above 0.9`,
        ]
      : []),
  ];
}

function hiddenText({ baselines, ...sae }: HiddenTruth): string[] {
  const found = ({ recovered, of, meanMaxCosine }: Recovery): string =>
    `${recovered} of ${of} (mean max cosine ${meanMaxCosine.toFixed(3)})`;
  return Object.entries({ 'this SAE': sae, ...baselines }).map(
    ([name, { units, ...all }]) =>
      `hidden neurons found by ${name}: ${found(all)}${units ? `; of those named ${found(units)}` : ''}`,
  );
}

function downstreamText({ tap, images, original, zero, reconstructed }: DownstreamReport): string {
  const percent = (v: number): string => `${(100 * v).toFixed(1)} %`.padStart(8);
  const row = (name: string, c: { crossEntropy: number; kl: number; top1: number; top5: number }): string =>
    `${name.padEnd(14)} ${c.crossEntropy.toFixed(4).padStart(13)} ${c.kl.toFixed(4).padStart(8)} ${percent(c.top1)} ${percent(c.top5)}`;
  const { lossRecovered, fvu, l0 } = reconstructed;
  return [
    '',
    `downstream of ${tap}, ${images} photographs`,
    `${''.padEnd(14)} cross-entropy ${'KL'.padStart(8)} ${'top-1'.padStart(8)} ${'top-5'.padStart(8)}`,
    row('original', { ...original, kl: 0 }),
    row('reconstructed', reconstructed),
    row('zero-ablated', zero),
    `loss recovered ${lossRecovered === null ? 'undefined: zero ablation changes nothing' : `${(100 * lossRecovered).toFixed(2)} %`}   ` +
      `at every position: FVU ${fvu.toFixed(5)}, L0 ${l0.toFixed(2)}`,
  ].join('\n');
}
