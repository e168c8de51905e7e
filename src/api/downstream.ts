// `eval --downstream` and `sweep --downstream`: options, inputs and report of the downstream metrics.
import { UsageError } from '../core/errors.js';
import type { ImageRef } from '../images/types.js';
import { tokensInput } from '../network/ops/tokens.js';
import {
  checkDownstream,
  type DownstreamOptions,
  type DownstreamResult,
  downstream,
  type SplicedClassification,
  type SplicedSae,
} from '../study/downstream/downstream.js';
import { type LabelledImages, labelImages } from '../study/downstream/labels.js';
import { isHeldOut, type Manifest } from '../vectors/store.js';
import type { Call } from './call.js';
import { checkNotHidden } from './checks.js';
import type { Options } from './options.js';
import type { ImagesSpec, ModelSpec, Platform } from './platform.js';
import { textWindows, WINDOW_OPTIONS, type WindowOption } from './texts.js';

export const DOWNSTREAM_OPTIONS = {
  downstream: {
    kind: 'switch',
    help: 'splice the SAE into the network: what labelled photographs are classified as (needs --model, --images, --labels)',
  },
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'a pulled name or a weights file, whole (--downstream)',
    object: true,
  },
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'photographs (--downstream)',
    object: true,
  },
  labels: {
    kind: 'text',
    value: 'FILE.csv',
    help: 'CSV with the columns file and class, the index of the class (--downstream)',
  },
  ...WINDOW_OPTIONS,
  tap: { kind: 'text', value: 'TAP', help: 'where to splice (default: the tap that the SAE was trained on)' },
} as const satisfies Options;

/** The SAE spliced into the network: what labelled photographs are classified as (docs/downstream.md). */
export interface DownstreamChoice extends WindowOption {
  /** Measures it; needs `model`, and `images` and `labels`, or `texts` for a network that reads text. */
  downstream?: boolean;
  model?: ModelSpec;
  images?: ImagesSpec;
  /** CSV file with the columns file and class, the index of the class. */
  labels?: string;
  /** Where to splice; the tap that the SAE was trained on unless given. */
  tap?: string;
}

/** `downstream` of `eval --json`. */
export interface DownstreamReport {
  tap: string;
  /** Photographs, or windows of text. */
  images: number;
  /** Positions of the tap, over all pictures. */
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
  /** The store that the vectors are of. */
  manifest: Manifest | undefined;
  /** The user's split. */
  split: string;
  /** The SAE was trained on these vectors. */
  trainedHere: boolean;
}

/**
 * What measures, where it was asked for; undefined otherwise. Everything that can be wrong with
 * options, model, labels and the SAE's width is refused here, before any work.
 */
export async function prepareDownstream(
  platform: Platform,
  call: Call,
  o: DownstreamChoice & { seed: number },
  { dIn, metadata, manifest, split, trainedHere }: MeasuredSaes,
): Promise<((saes: SplicedSaes) => Promise<SeveralReports>) | undefined> {
  if (!o.downstream) {
    for (const name of ['model', 'images', 'labels', 'texts', 'tokenizer', 'tap'] as const)
      if (o[name] !== undefined) throw new UsageError(`--${name} is of use only with --downstream`);
    return undefined;
  }
  const { model: spec, images: specs, labels: labelFile } = o;
  const isText = o.texts !== undefined;
  if (isText && (specs !== undefined || labelFile !== undefined))
    throw new UsageError('--downstream takes --texts, or --images and --labels, not both');
  if (spec === undefined || (!isText && (specs === undefined || labelFile === undefined)))
    throw new UsageError(
      '--downstream needs --model, --images and --labels, or of a network that reads text --texts',
    );
  checkNotHidden('--downstream', 'the SAE', metadata);
  const tap = o.tap ?? metadata.hook_name;
  if (typeof tap !== 'string') throw new UsageError("the SAE's cfg.json does not name its tap; give --tap");

  const { engine, signal, stages } = call;
  const model = await platform.openModel(spec, engine.math, { signal });
  checkDownstream({ model, tap, widths: [dIn] });
  if (typeof metadata.weights_sha256 === 'string' && metadata.weights_sha256 !== model.sha256)
    call.warn(`the SAE was trained on other weights (of ${metadata.model_name}) than ${model.name}`);

  if (!isText && tokensInput(model.description))
    throw new UsageError(`${model.name} reads text: give --texts FILE in place of --images and --labels`);
  const listed = isText
    ? await textWindows(platform, model, {
        ...o,
        model: spec,
        context: o.context ?? DOWNSTREAM_OPTIONS.context.default,
      })
    : await platform.listImages(specs!, o.seed, { signal, warn: call.warn });
  let images = listed;
  const named = trainedHere && manifest !== undefined ? await platform.nameImages(listed) : undefined;
  if (named && manifest?.recipe.images === named.hash) {
    if (split === 'heldout' || split === 'train')
      images = named.images.filter((_, i) => isHeldOut(i, listed.length) === (split === 'heldout'));
    else
      call.warn(
        `the SAE was trained on a sample of these ${isText ? 'windows' : 'photographs'}; --split heldout takes those left out`,
      );
  }
  const { labelled, unlabelled, missing } = isText
    ? ownLabels(images)
    : labelImages(images, await platform.readLabels(labelFile!, model.description.classes ?? 0), labelFile!);
  if (missing.length && images === listed)
    call.warn(`${missing.length} labels name no image that was given; the first: ${missing[0]}`);

  return async (saes) => {
    const pool = await platform.pool(engine, model, call.warn);
    try {
      stages.start('downstream');
      const result = await downstream({
        pool,
        model,
        tap,
        saes,
        images: labelled,
        signal,
        onProgress: (done, failed) =>
          stages.update(done, labelled.length, 'images', failed ? `${failed} failed` : ''),
      });
      stages.finish(`${result.images} images`);
      const failures = [...unlabelled, ...result.failures];
      for (const failure of failures) call.skipped(failure);
      return { ...result, tap, failures };
    } finally {
      pool.dispose();
    }
  };
}

/** Each window is its own label: the next token of every token. */
const ownLabels = (windows: readonly ImageRef[]): LabelledImages => ({
  labelled: windows.map((ref) => ({ ref, class: -1 })),
  unlabelled: [],
  missing: [],
});

/** The report of one SAE. */
export function onlyReport({ saes, ...rest }: SeveralReports): DownstreamReport {
  const { tap, images, vectors, original, zero, failures } = rest;
  return { tap, images, vectors, original, zero, reconstructed: saes[0], failures };
}
