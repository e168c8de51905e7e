// `eval --downstream`: flags, inputs and report of the downstream metrics.

import { openModel } from '../../models/open.node.js';
import { UsageError } from '../core/errors.js';
import { imageSetHash, listImages } from '../images/source.node.js';
import { nodePool } from '../pipeline/pool.node.js';
import {
  checkDownstream,
  type DownstreamOptions,
  type DownstreamResult,
  downstream,
  type SplicedClassification,
  type SplicedSae,
} from '../study/downstream/downstream.js';
import { labelImages } from '../study/downstream/labels.js';
import { readLabels } from '../study/downstream/labels.node.js';
import type { Manifest } from '../vectors/store.js';
import { isHeldOut } from '../vectors/store.js';
import { cacheFolder } from './cache.node.js';
import type { Context } from './command.js';
import type { Flags, Values } from './flags.js';

export const DOWNSTREAM_FLAGS = {
  downstream: {
    kind: 'switch',
    help: 'splice the SAE into the network: what labelled photographs are classified as (needs --model, --images, --labels)',
  },
  model: { kind: 'text', value: 'MODEL', help: 'a pulled name or a weights file, whole (--downstream)' },
  images: { kind: 'list', value: 'DIR|GLOB|FILE,...', help: 'photographs (--downstream)' },
  labels: {
    kind: 'text',
    value: 'FILE.csv',
    help: 'CSV with the columns file and class, the index of the class (--downstream)',
  },
  tap: { kind: 'text', value: 'TAP', help: 'where to splice (default: the tap that the SAE was trained on)' },
} as const satisfies Flags;

/** `downstream` of `eval --json`. */
export interface DownstreamReport {
  tap: string;
  images: number;
  vectors: number;
  original: DownstreamResult['original'];
  zero: SplicedClassification;
  reconstructed: SplicedSae;
  failures: DownstreamResult['failures'];
}

export type SplicedSaes = DownstreamOptions['saes'];

/** One photograph's pass up to the tap serves all SAEs. */
export interface SeveralReports extends DownstreamResult {
  tap: string;
}

/** What is measured, as far as it is known before: SAEs of one width and one tap. */
export interface MeasuredSaes {
  dIn: number;
  /** Of the SAE's cfg.json, or what it will hold. */
  metadata: Record<string, unknown>;
  /** The store that --activations is. */
  manifest: Manifest | undefined;
  /** The user's --split. */
  split: string;
  /** The SAE was trained on --activations. */
  trainedHere: boolean;
}

/**
 * What measures, where --downstream was given; undefined otherwise. Everything that can be
 * wrong with flags, model, labels and the SAE's width is refused here, before any work.
 */
export async function prepareDownstream(
  context: Context,
  values: Values<typeof DOWNSTREAM_FLAGS>,
  { dIn, metadata, manifest, split, trainedHere }: MeasuredSaes,
): Promise<((saes: SplicedSaes) => Promise<SeveralReports>) | undefined> {
  const { progress } = context;
  if (!values.downstream) {
    for (const name of ['model', 'images', 'labels', 'tap'] as const)
      if (values[name] !== undefined) throw new UsageError(`--${name} is of use only with --downstream`);
    return undefined;
  }
  const { model: spec, images: specs, labels: labelFile } = values;
  if (spec === undefined || specs === undefined || labelFile === undefined)
    throw new UsageError('--downstream needs --model, --images and --labels');
  const tap = values.tap ?? metadata.hook_name;
  if (typeof tap !== 'string') throw new UsageError("the SAE's cfg.json does not name its tap; give --tap");

  const engine = await context.engine();
  const model = await openModel(spec, engine.math, cacheFolder());
  checkDownstream({ model, tap, widths: [dIn] });
  if (typeof metadata.weights_sha256 === 'string' && metadata.weights_sha256 !== model.sha256)
    progress.warn(`the SAE was trained on other weights (of ${metadata.model_name}) than ${spec}`);

  const listed = await listImages(specs, context.common.seed);
  let images = listed;
  if (trainedHere && manifest !== undefined && manifest.recipe.images === (await imageSetHash(listed))) {
    if (split === 'heldout' || split === 'train')
      images = listed.filter((_, i) => isHeldOut(i, listed.length) === (split === 'heldout'));
    else
      progress.warn(
        'the SAE was trained on a sample of these photographs; --split heldout takes those left out',
      );
  }
  const labels = await readLabels(labelFile, model.description.classes ?? 0);
  const { labelled, unlabelled, missing } = labelImages(images, labels, labelFile);
  if (missing.length && images === listed)
    progress.warn(`${missing.length} labels name no image that was given; the first: ${missing[0]}`);

  return async (saes) => {
    const pool = nodePool(engine, model, (message) => progress.warn(message));
    try {
      progress.start('downstream');
      const result = await downstream({
        pool,
        model,
        tap,
        saes,
        images: labelled,
        signal: context.signal,
        onProgress: (done, failed) =>
          progress.update(done, labelled.length, 'images', failed ? `${failed} failed` : ''),
      });
      progress.finish(`${result.images} images`);
      const failures = [...unlabelled, ...result.failures];
      for (const failure of failures) progress.warn(`skipped ${failure.reason}`);
      return { ...result, tap, failures };
    } finally {
      pool.dispose();
    }
  };
}

/** `downstream` of `eval --json`: the report of one SAE. */
export function onlyReport({ saes, ...rest }: SeveralReports): DownstreamReport {
  const { tap, images, vectors, original, zero, failures } = rest;
  return { tap, images, vectors, original, zero, reconstructed: saes[0], failures };
}

export function downstreamText({ tap, images, original, zero, reconstructed }: DownstreamReport): string {
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
