// `activations`: samples a tap into a resumable store.

import { UsageError } from '../core/errors.js';
import type { ImageFailure } from '../images/types.js';
import { tokensInput } from '../network/ops/tokens.js';
import { extractionOf } from '../pipeline/activations.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { extractActivations } from '../vectors/extract.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { checkSampling, reachableTap } from './checks.js';
import {
  IMAGES_OPTION,
  type ImagesOption,
  MODEL_OPTION,
  type ModelOption,
  type OutOption,
  SAMPLING_OPTIONS,
  type SamplingOptions,
  SEED_OPTION,
  STORE_OUT_OPTION,
  TAP_OPTION,
  type TapOption,
} from './groups.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';
import { textInput, textWindows, WINDOW_OPTIONS, type WindowOption } from './texts.js';

export const ACTIVATIONS_OPTIONS = {
  ...MODEL_OPTION,
  ...IMAGES_OPTION,
  ...WINDOW_OPTIONS,
  ...TAP_OPTION,
  ...SAMPLING_OPTIONS,
  reference: {
    kind: 'integer',
    value: 'N',
    help: 'vectors per image of the uniform reference sample',
    min: 1,
    max: 65536,
    default: DEFAULTS.reference,
  },
  ...STORE_OUT_OPTION,
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of activations(). `out`: the store is a folder in it, named by the hash of what makes it. */
export interface ActivationsCall
  extends ModelOption,
    ImagesOption,
    WindowOption,
    TapOption,
    SamplingOptions,
    OutOption,
    SeedOption,
    CallOptions {
  /** Vectors per picture of the uniform reference sample, 1 to 65536; 64 unless given. */
  reference?: number;
}

export interface ActivationsReport {
  /** Folder of the store. */
  store: string;
  hash: string;
  tap: string;
  /** Pictures used, or windows of text. */
  images: number;
  /** Vectors of the training sample, those held out included. */
  vectors: number;
  heldout: number;
  /** Width of a vector. */
  dIn: number;
  shards: number;
  /** Nothing had to be computed. */
  reused: boolean;
  failures: ImageFailure[];
}

export async function activations(platform: Platform, options: ActivationsCall): Promise<ActivationsReport> {
  const o = checked('activations', ACTIVATIONS_OPTIONS, options, CALL_OPTIONS);
  const { seed } = o;
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const model = await platform.openModel(o.model, engine.math, { signal });
  const info = reachableTap(model, o.tap);
  checkSampling(model, info, o.excludeBorder);
  const isText = tokensInput(model.description) !== undefined;
  if (isText && o.images !== undefined)
    throw new UsageError(`${model.name} reads text, not pictures: give --texts FILE in place of --images`);
  if (!isText && o.texts !== undefined) textInput(model);
  const listed = isText
    ? await textWindows(platform, model, o)
    : await platform.listImages(o.images ?? 'procedural', seed, { signal, warn: call.warn });
  await platform.ensureFolder(o.out);
  const pool = await platform.pool(engine, model, call.warn);
  try {
    stages.start('activations');
    const { hash: imagesHash, images } = await platform.nameImages(listed);
    const sampling = isText ? { ...o, inputSize: o.context } : o;
    const job = extractionOf({ engine, pool, model, images, imagesHash, progress: stages, signal }, sampling);
    const { manifest, failures, storage, reused } = await extractActivations({
      ...job,
      root: platform.storage(o.out),
    });
    const count = (group: 'train' | 'heldout') => manifest.shards.reduce((n, s) => n + s.rows[group], 0);
    const vectors = count('train') + count('heldout');
    stages.finish(`${vectors} vectors${reused ? ', reused' : ''}`);
    for (const failure of failures) call.skipped(failure);
    return {
      store: storage.label,
      hash: manifest.hash,
      tap: o.tap,
      images: manifest.images - failures.length,
      vectors,
      heldout: count('heldout'),
      dIn: manifest.dIn,
      shards: manifest.shards.length,
      reused,
      failures,
    };
  } finally {
    pool.dispose();
  }
}
