// `eval`: metrics of an SAE, on vectors that its training did not see where there are any.
import { InputError, UsageError } from '../core/errors.js';
import { heldOutDoubts, sampledFvu } from '../pipeline/held-out.js';
import { type DensityHistogram, densityHistogram } from '../sae/density.js';
import { evaluateFully } from '../sae/metrics.js';
import { type Stability, stability } from '../sae/stability.js';
import { readTruth } from '../sae/synth-folder.js';
import type { Truth } from '../sae/synthetic.js';
import { groundTruth, type TruthMetrics } from '../sae/truth.js';
import type { SaeMetrics } from '../sae/types.js';
import type { Vectors } from '../vectors/store.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { checkWidth } from './checks.js';
import {
  DOWNSTREAM_OPTIONS,
  type DownstreamChoice,
  type DownstreamReport,
  onlyReport,
  prepareDownstream,
} from './downstream.js';
import { ACTIVATIONS_OPTION, type ActivationsOption, SEED_OPTION } from './groups.js';
import { type HiddenTruth, hiddenDirections, hiddenTruth, neuronsNamed, OWN_TRUTH } from './hidden-truth.js';
import { SAE_OPTION, type SaeOption } from './matrix.js';
import { AS_OPTIONS, type AsOptions, openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';

export const EVAL_OPTIONS = {
  ...ACTIVATIONS_OPTION,
  split: {
    kind: 'choice',
    of: ['auto', 'heldout', 'train', 'all'],
    help: 'auto: held-out vectors where the SAE was trained on this data, otherwise all',
    default: 'auto',
  },
  detail: { kind: 'switch', help: 'adds the density histogram, and to the JSON the L2 ratio as well' },
  truth: {
    kind: 'text',
    value: 'FILE',
    help: 'truth.safetensors of `curvesae synth`: adds MCC, uniqueness and F1; of hidden neurons, no value: how many are found again',
    bare: OWN_TRUTH,
  },
  units: {
    kind: 'list',
    value: 'UNIT,...',
    help: 'with --truth of hidden neurons: these by themselves, e.g. the curve detectors',
  },
  stability: {
    kind: 'text',
    value: 'SAE',
    help: 'another SAE: adds the cosine of matched directions',
    object: true,
  },
  ...AS_OPTIONS,
  ...DOWNSTREAM_OPTIONS,
  ...SEED_OPTION,
} as const satisfies Options;

export interface EvalCall
  extends SaeOption,
    AsOptions,
    ActivationsOption,
    DownstreamChoice,
    SeedOption,
    CallOptions {
  /** Of the vectors. auto (the default): held-out ones where the SAE was trained on this data, otherwise all. */
  split?: 'auto' | 'heldout' | 'train' | 'all';
  /** Adds the L2 ratio and the density histogram. */
  detail?: boolean;
  /**
   * truth.safetensors of synth(): adds MCC, uniqueness and F1. Of a store of hide(): `'store'`, that store or its
   * truth.safetensors; adds how many neurons are found again.
   */
  truth?: string;
  /** Hidden neurons that are counted by themselves too, as `'mixed3b_5x5:10'`. */
  units?: string | readonly string[];
  /** Another SAE: adds the cosine of matched directions. */
  stability?: SaeSpec;
}

/** `fvu`: share of the variance that is not explained; `l0`: active latents per vector; all over `vectors` vectors. */
export interface EvalReport extends SaeMetrics {
  /** FVU of training vectors, where the others are held out from the SAE's own training; with `detail`. */
  trainFvu?: number;
  /** mean ||xhat|| / ||x|| over vectors that are not zero; with `detail`. */
  l2Ratio?: number;
  /** How often latents fire; with `detail`. */
  density?: DensityHistogram;
  truth?: TruthMetrics | HiddenTruth;
  stability?: Stability;
  downstream?: DownstreamReport;
}

/** The report, and what the command line says besides. */
export interface FullEvalReport {
  report: EvalReport;
  split: 'heldout' | 'train' | 'all';
  l2Ratio: number;
  trainFvu?: number;
}

export async function evaluate(platform: Platform, options: EvalCall): Promise<EvalReport> {
  return (await evaluateAll(platform, options)).report;
}

export async function evaluateAll(platform: Platform, options: EvalCall): Promise<FullEvalReport> {
  const o = checked('eval', { ...SAE_OPTION, ...EVAL_OPTIONS }, options, CALL_OPTIONS);
  const call = await open(platform, options);
  const { engine, signal } = call;
  const { as, k, bDecToInput } = o;
  const sae = await openSae(platform, o.sae, { engine, signal, as, k, bDecToInput });
  const pool = await platform.pool(engine, undefined, call.warn);
  try {
    const vectors = await platform.openVectors(o.activations);
    if (vectors.note) call.warn(vectors.note);
    const { metadata } = sae;
    const trainedHere = metadata.activation_store === vectors.hash || metadata.data === vectors.hash;
    let split = o.split === 'auto' ? (trainedHere ? 'heldout' : 'all') : o.split;
    let source = vectors.source(split);
    if (o.split === 'auto' && source.count === 0) {
      call.warn('no image was held out of this store: the metrics are of the training vectors');
      split = 'all';
      source = vectors.source(split);
    }
    checkWidth('eval', source.d, sae.config.dIn);
    const measureDownstream = await prepareDownstream(platform, call, o, {
      dIn: sae.config.dIn,
      metadata,
      manifest: vectors.manifest,
      split: o.split,
      trainedHere,
    });
    const hidden = o.truth !== undefined && vectors.manifest?.recipe.hidden;
    const directions = hidden ? await hiddenDirections(platform, engine, vectors, o.truth!) : undefined;
    if (o.units && !directions) throw new UsageError('--units goes with --truth of hidden neurons');
    const units = directions && neuronsNamed(o.units, directions.count);
    const truth = o.truth === undefined || directions ? undefined : await truthOf(platform, vectors, o.truth);
    const other =
      o.stability === undefined ? undefined : await openSae(platform, o.stability, { engine, signal });
    try {
      const through = { pool, signal };
      const { metrics, l2Ratio, fired } = await evaluateFully(sae, source, through);
      const seen = split === 'heldout' && trainedHere ? vectors.source('train') : undefined;
      const trainFvu = seen && (await sampledFvu(sae, seen, through));
      if (trainFvu !== undefined) for (const doubt of heldOutDoubts(metrics.fvu, trainFvu)) call.warn(doubt);
      const detail = o.detail && {
        ...(trainFvu !== undefined && { trainFvu }),
        l2Ratio,
        density: densityHistogram(fired, metrics.vectors, engine.math),
      };
      const downstream = measureDownstream && onlyReport(await measureDownstream([sae]));
      const report: EvalReport = {
        ...metrics,
        ...(detail || {}),
        ...(truth && { truth: await groundTruth(engine, sae, source, truth, through) }),
        ...(directions && { truth: await hiddenTruth({ ...call, pool }, sae, vectors, directions, units) }),
        ...(other && { stability: stability(engine, sae, other) }),
        ...(downstream && { downstream }),
      };
      return { report, split, l2Ratio, trainFvu };
    } finally {
      other?.dispose();
    }
  } finally {
    pool.dispose();
    sae.dispose();
  }
}

const LARGEST_TRUTH_BYTES = 2 ** 31 - 1;

async function truthOf(platform: Platform, vectors: Vectors, path: string): Promise<Truth> {
  if (vectors.manifest)
    throw new UsageError(
      '--truth needs the vectors file of a synthetic set as --activations, or a store of hidden neurons (curvesae hide)',
    );
  const bytes = await platform.readFile(path, LARGEST_TRUTH_BYTES, '--truth takes DIR/truth.safetensors');
  const { truth, vectorsHash } = readTruth(bytes, path);
  if (vectorsHash !== undefined && vectorsHash !== vectors.hash)
    throw new InputError(
      `${path}: is the truth of other vectors; give the vectors.safetensors beside it as --activations`,
    );
  return truth;
}
