import { evaluateFully } from '../../sae/metrics.js';
import { type DensityHistogram, densityHistogram } from '../../units/density.js';
import { openVectors } from '../../vectors/open.node.js';
import { command } from '../command.js';
import { COMPARE_FLAGS, compare, describeComparisons } from '../compare.node.js';
import { DOWNSTREAM_FLAGS, downstreamText, onlyReport, prepareDownstream } from '../downstream.js';
import { AS_FLAGS, hintsOf, onlyArgument, openSae } from '../open-sae.js';

export default command({
  summary: 'metrics of a sparse autoencoder, on vectors that its training did not see',
  usage:
    'SAE --activations STORE|FILE [--truth FILE] [--stability SAE] [--downstream --model MODEL --images DIR --labels FILE.csv]',
  flags: {
    activations: {
      kind: 'text',
      value: 'STORE',
      help: 'activation store, or a matrix: .npy, .npz, .safetensors, .pt, .parquet or .arrow (FILE#NAME where it holds several)',
      required: true,
    },
    split: {
      kind: 'choice',
      of: ['auto', 'heldout', 'train', 'all'],
      help: 'auto: held-out vectors where the SAE was trained on this data, otherwise all',
      default: 'auto',
    },
    detail: { kind: 'switch', help: 'adds the density histogram, and to the JSON the L2 ratio as well' },
    ...COMPARE_FLAGS,
    ...DOWNSTREAM_FLAGS,
    ...AS_FLAGS,
  },
  async run(context, values, positionals) {
    const engine = await context.engine();
    const { sae, metadata } = await openSae(engine, onlyArgument(positionals, 'SAE folder'), hintsOf(values));
    const vectors = await openVectors(values.activations);
    if (vectors.note) context.progress.warn(`${values.activations}: ${vectors.note}`);
    const trainedHere = metadata.activation_store === vectors.hash || metadata.data === vectors.hash;
    let split =
      values.split === 'auto'
        ? trainedHere
          ? 'heldout'
          : 'all'
        : (values.split as 'heldout' | 'train' | 'all');
    let source = vectors.source(split);
    if (values.split === 'auto' && source.count === 0) {
      context.progress.warn('no image was held out of this store: the metrics are of the training vectors');
      split = 'all';
      source = vectors.source(split);
    }
    const measureDownstream = await prepareDownstream(context, values, {
      dIn: sae.config.dIn,
      metadata,
      manifest: vectors.manifest,
      split: values.split,
      trainedHere,
    });
    const { metrics: m, l2Ratio, fired } = await evaluateFully(sae, source);
    const detail = values.detail && { l2Ratio, density: densityHistogram(fired, m.vectors, engine.math) };
    const downstream = measureDownstream && onlyReport(await measureDownstream([sae]));
    const compared = await compare(engine, sae, vectors, source, values);
    context.print({ ...m, ...(detail || {}), ...compared, ...(downstream && { downstream }) }, () =>
      [
        `${m.vectors} vectors (${split})`,
        `L0 ${m.l0.toFixed(2)}`,
        `FVU ${m.fvu.toFixed(5)}   explained variance ${m.explainedVariance.toFixed(5)}`,
        `gamma ${m.gamma.toFixed(4)}   cosine ${m.cosine.toFixed(4)}   L2 ratio ${l2Ratio.toFixed(4)}`,
        `dead ${(100 * m.deadFraction).toFixed(1)} %`,
        ...(detail ? densityText(detail.density, m.vectors) : []),
        ...describeComparisons(compared),
        ...(downstream ? [downstreamText(downstream)] : []),
      ].join('\n'),
    );
    return downstream?.failures.length ? 4 : 0;
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
