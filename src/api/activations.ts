// `activations`: samples a tap into a resumable store.

import { UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import type { ImageFailure } from '../images/types.js';
import { tokensInput } from '../network/ops/tokens.js';
import { extractionOf } from '../pipeline/activations.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { extractShare } from '../pipeline/shards/activations.js';
import { type Share, shareText, spanOf } from '../pipeline/shards/share.js';
import { type ExtractJob, extractActivations } from '../vectors/extract.js';
import { GROUPS, type Manifest, type ShardEntry } from '../vectors/store.js';
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
import { SHARD_OPTION, type ShardOption, shareOf } from './shard-option.js';
import { namedPictures } from './shard-pictures.js';
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
  ...SHARD_OPTION,
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
    ShardOption,
    SeedOption,
    CallOptions {
  /** Vectors per picture of the uniform reference sample, 1 to 65536; 64 unless given. */
  reference?: number;
}

export interface ActivationsReport {
  /** Folder of the store; of a shard of the work, of that shard, which is no store by itself. */
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
  /** Of a shard of the work: which, as `'1/4'`; what is counted above is what it has. */
  shard?: string;
}

export async function activations(platform: Platform, options: ActivationsCall): Promise<ActivationsReport> {
  const o = checked('activations', ACTIVATIONS_OPTIONS, options, CALL_OPTIONS);
  const { seed } = o;
  const share = shareOf(o.shard);
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
    const { hash: imagesHash, images } = await namedPictures(platform, o, listed);
    const sampling = isText ? { ...o, inputSize: o.context } : o;
    const job = extractionOf({ engine, pool, model, images, imagesHash, progress: stages, signal }, sampling);
    const root = platform.storage(o.out);
    const report = share
      ? await ofShare(root, job, share, (done, total) => stages.update(done, total, 'images'))
      : await ofStore(root, job);
    stages.finish(`${report.vectors} vectors${report.reused ? ', reused' : ''}`);
    for (const failure of report.failures) call.skipped(failure);
    return report;
  } finally {
    pool.dispose();
  }
}

async function ofStore(root: Storage, job: ExtractJob): Promise<ActivationsReport> {
  const { manifest, storage, reused } = await extractActivations({ ...job, root });
  return storeReport(storage, manifest, reused);
}

async function ofShare(
  root: Storage,
  job: ExtractJob,
  share: Share,
  show: (done: number, total: number) => void,
): Promise<ActivationsReport> {
  const { first, end } = spanOf(share, job.images.length);
  const onProgress = (done: number) => show(done, end - first);
  const { folder, hash, pieces, failures, reused } = await extractShare(root, { ...job, onProgress }, share);
  return {
    ...{ store: folder.label, hash, tap: job.recipe.tap, images: end - first - failures.length },
    ...{ ...counts(pieces), dIn: job.dIn, reused, failures, shard: shareText(share) },
  };
}

/** What a finished store reports of itself. */
export function storeReport(
  storage: Storage,
  { hash, recipe, dIn, images, shards }: Manifest,
  reused: boolean,
): ActivationsReport {
  const failures = shards.flatMap((shard) => shard.failures);
  return {
    ...{ store: storage.label, hash, tap: recipe.tap, images: images - failures.length },
    ...{ ...counts(shards), dIn, reused, failures },
  };
}

function counts(shards: readonly ShardEntry[]): Pick<ActivationsReport, 'vectors' | 'heldout' | 'shards'> {
  const [train, heldout] = GROUPS.map((group) => shards.reduce((n, s) => n + s.rows[group], 0));
  return { vectors: train + heldout, heldout, shards: shards.length };
}
