// `sweep`: a grid of SAEs from one activation stream.
import { UsageError } from '../core/errors.js';
import type { Storage } from '../formats/storage.js';
import { showTraining } from '../pipeline/progress.js';
import { provenance } from '../pipeline/provenance.js';
import { parseShare } from '../pipeline/shards/share.js';
import { SAES_FOLDER, sweepShare } from '../pipeline/shards/sweep.js';
import { widthOf } from '../pipeline/training.js';
import { architectureNames } from '../sae/registry.js';
import type { SaeMetadata } from '../sae/saelens.js';
import type { TrainProgress } from '../sae/types.js';
import { equalFidelity } from '../study/sweep/fronts.js';
import { gridOf } from '../study/sweep/grid.js';
import { planes } from '../study/sweep/planes.js';
import { scalings } from '../study/sweep/scaling.js';
import { type SweepEnvironment, sweep as trainGrid } from '../study/sweep/sweep.js';
import type { SweepResult, SweepSpec } from '../study/sweep/types.js';
import { checkBatch } from '../vectors/batches.js';
import type { Vectors } from '../vectors/store.js';
import type { VectorSource } from '../vectors/types.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { DOWNSTREAM_OPTIONS, type DownstreamChoice, prepareDownstream } from './downstream.js';
import {
  ACTIVATIONS_OPTION,
  type ActivationsOption,
  CHECKPOINT_OPTION,
  type CheckpointOption,
  type OutOption,
  SEED_OPTION,
} from './groups.js';
import { type Checked, checked, type Options } from './options.js';
import type { Platform } from './platform.js';
import { recordedCall, type ShardReport, shardReport } from './shard-call.js';
import { SHARD_OPTION, type ShardOption } from './shard-option.js';
import { settingsOf, TRAIN_OPTIONS, type TrainingOptions } from './training-options.js';
import { VERSION } from './version.js';

const { arch: _arch, k: _k, l1: _l1, 'target-l0': _target, 'd-sae': _dSae, ...SHARED } = TRAIN_OPTIONS;

export const SWEEP_OPTIONS = {
  ...ACTIVATIONS_OPTION,
  archs: {
    kind: 'list',
    value: 'A,B,...',
    help: `architectures: ${architectureNames().join(', ')}`,
    required: true,
  },
  k: {
    kind: 'numbers',
    value: 'K1,K2,...',
    help: 'values of k for topk and relatives (default: 1/4 to 2 times the usual)',
  },
  l1: {
    kind: 'numbers',
    value: 'L1,L2,...',
    help: 'sparsity coefficients for the others (default: 1/4 to 2 times the usual)',
  },
  'target-l0': { kind: 'numbers', value: 'N1,N2,...', help: 'values of L0 for --penalty quadratic' },
  ...SHARED,
  'd-sae': {
    kind: 'numbers',
    value: 'F1,F2,...',
    help: 'numbers of latents (instead of --expansion); with several, sweep.json and the page tell how FVU scales',
  },
  'in-step': {
    kind: 'switch',
    help: 'the i-th value of k (or l1) with the i-th of d-sae, not each with each',
  },
  ...CHECKPOINT_OPTION,
  ...DOWNSTREAM_OPTIONS,
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'folder of the SAEs, sweep.json and sweep.html; repeating the command reuses what is finished',
    required: true,
    object: true,
  },
  ...SHARD_OPTION,
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of sweep(). `out`: folder of the SAEs and sweep.json; a repeated call reuses what is finished. */
export interface SweepCall
  extends ActivationsOption,
    Omit<TrainingOptions, 'arch' | 'k' | 'l1' | 'targetL0' | 'dSae'>,
    CheckpointOption,
    DownstreamChoice,
    OutOption,
    SeedOption,
    CallOptions {
  /** Architectures. */
  archs: string | readonly string[];
  /** Values of k for topk and relatives; 1/4 to 2 times the usual one unless given. */
  k?: number | readonly number[];
  /** Sparsity coefficients for the others; 1/4 to 2 times the usual one unless given. */
  l1?: number | readonly number[];
  /** Values of L0 for the quadratic penalty. */
  targetL0?: number | readonly number[];
  /** Numbers of latents, instead of `expansion`. */
  dSae?: number | readonly number[];
  /** The i-th value of k (or l1) with the i-th of `dSae`, not each with each. */
  inStep?: boolean;
  /** What the page says it was made by. */
  commandLine?: string;
}

/** sweep.json. `report`: the page's file in `out`; null where pages are not drawn (in a browser). */
export type SweepReport = Omit<SweepResult, 'report'> & { report: string | null };

export async function sweep(platform: Platform, options: SweepCall): Promise<SweepReport> {
  return prepared(platform, options, async (o, call, work) => {
    const out = platform.storage(o.out);
    const unlock = await out.lock();
    try {
      return await whole(platform, out, o, options.commandLine, call, work);
    } finally {
      await unlock();
    }
  });
}

/** Every N-th SAE of the grid; merge() measures them all. */
export async function sweepShard(
  platform: Platform,
  options: SweepCall & Required<ShardOption>,
): Promise<ShardReport> {
  const share = parseShare(options.shard);
  return prepared(platform, options, async (o, call, { specs, train, metadata, environment }) => {
    call.stages.start('train');
    const asked = { downstream: o.downstream };
    const kept = { call: recordedCall(platform, options), asked };
    const env = { ...environment, train, metadata, onRemade: call.warn };
    const made = await sweepShare(platform.storage(o.out), env, specs, share, kept);
    call.stages.finish(`${made.parts.length} of ${specs.length} SAEs`);
    for (const { name, error } of made.parts) if (error !== undefined) call.warn(`${name}: ${error}`);
    const failures = made.parts.flatMap(({ name, error }) =>
      error === undefined ? [] : [{ name, reason: error }],
    );
    return shardReport(made.folder.label, made.record, failures, made.reused);
  });
}

interface Work {
  vectors: Vectors;
  train: VectorSource;
  heldout: VectorSource;
  specs: SweepSpec[];
  widths: readonly number[];
  metadata: SaeMetadata;
  measure: Measure | undefined;
  environment: Omit<SweepEnvironment, 'train' | 'evaluation' | 'storage' | 'metadata'>;
}

type Asked = Checked<typeof SWEEP_OPTIONS, SweepCall>;
type Measure = NonNullable<Awaited<ReturnType<typeof prepareDownstream>>>;

/** Everything is checked and opened; closed after `use`. */
async function prepared<T>(
  platform: Platform,
  options: SweepCall,
  use: (o: Asked, call: Call, work: Work) => Promise<T>,
): Promise<T> {
  const o = checked('sweep', SWEEP_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const vectors = await platform.openVectors(o.activations);
  if (vectors.note) call.warn(vectors.note);
  const train = vectors.source('train');
  const heldout = vectors.source('heldout');
  const { archs, k, l1, targetL0, dSae, inStep, ...common } = o;
  const { expansion, ...shared } = settingsOf(common);
  const base = { ...shared, batch: o.batch, steps: o.steps, seed: o.seed };
  const widths = dSae ?? [widthOf(expansion, train.d)];
  const specs = gridOf(archs, base, { levels: { k, l1, targetL0 }, widths, inStep }, train.d);
  checkBatch(o.batch, train.count);
  const metadata = provenance({ data: vectors.hash, store: vectors.manifest });
  const measure = await prepareDownstream(platform, call, o, {
    dIn: train.d,
    metadata,
    manifest: vectors.manifest,
    split: heldout.count ? 'heldout' : 'all',
    trainedHere: true,
  });
  await platform.ensureFolder(o.out);
  const pool = await platform.pool(engine, undefined, call.warn);
  try {
    call.log(`${specs.length} SAEs, ${train.d} -> ${widths.join(', ')}, ${train.count} vectors`);
    const show = showTraining(stages, 'train');
    const environment = {
      ...{ engine, pool, checkpointEvery: o.checkpointEvery, signal, onStep: show.onStep },
      onTraining: (name: string, point: TrainProgress) => show.onProgress(point, name),
      onWarning: (name: string, message: string) => show.onWarning(message, name),
    };
    return await use(o, call, { vectors, train, heldout, specs, widths, metadata, measure, environment });
  } finally {
    pool.dispose();
  }
}

async function whole(
  platform: Platform,
  out: Storage,
  o: Asked,
  commandLine: string | undefined,
  { engine, stages, warn }: Call,
  { vectors, train, heldout, specs, widths, metadata, measure, environment }: Work,
): Promise<SweepReport> {
  const evaluation = heldout.count ? heldout : train;
  stages.start('train');
  const { rows, folders, logs, seconds } = await trainGrid(
    {
      ...{ ...environment, train, evaluation, storage: out.sub(SAES_FOLDER), metadata },
      onTrained: () => {
        stages.finish(`${specs.length} SAEs`);
        stages.start('evaluate');
      },
      onEvaluated: (done, total) => stages.update(done, total, 'SAEs'),
    },
    specs,
  );
  stages.finish(`${rows.filter((r) => r.error === undefined).length} of ${rows.length} SAEs`);
  const result: SweepResult = {
    version: VERSION,
    activations: vectors.hash,
    dIn: train.d,
    dSae: widths.length > 1 ? [...widths] : widths[0],
    steps: o.steps,
    batch: o.batch,
    seed: o.seed,
    heldOut: heldout.count > 0,
    vectors: evaluation.count,
    rows,
    equalFidelity: equalFidelity(rows, engine.math),
    scaling: scalings(rows, engine.math),
    pca: widths.length > 1 ? await planes(train, evaluation, rows) : null,
    seconds: { train: seconds },
    report: 'sweep.html',
  };
  if (measure) await splice(result, folders, measure);
  const report = platform.report ? result.report : null;
  await out.write('sweep.json', `${JSON.stringify({ ...result, report }, null, 2)}\n`);
  if (platform.report)
    await out.write(result.report, await platform.report.sweep(result, logs, commandLine ?? 'curvesae'));
  for (const row of rows) if (row.error !== undefined) warn(`${row.name}: ${row.error}`);
  return { ...result, report };
}

/** Adds the downstream metrics of every trained SAE. */
async function splice(
  result: SweepResult,
  folders: Awaited<ReturnType<typeof trainGrid>>['folders'],
  measure: Measure,
): Promise<void> {
  const started = performance.now();
  const trained = folders.flatMap((folder, i) => (folder ? [{ folder, row: result.rows[i] }] : []));
  if (!trained.length) throw new UsageError('no SAE of this sweep could be trained; see the warnings above');
  const { tap, images, original, zero, saes } = await measure(trained.map((t) => t.folder));
  for (const [i, { row }] of trained.entries()) row.downstream = saes[i];
  result.downstream = { tap, images, original, zero };
  result.seconds.downstream = (performance.now() - started) / 1000;
}
