// `sweep`: a grid of SAEs from one activation stream.
import { UsageError } from '../core/errors.js';
import { showTraining } from '../pipeline/progress.js';
import { provenance } from '../pipeline/provenance.js';
import { widthOf } from '../pipeline/training.js';
import { architectureNames } from '../sae/registry.js';
import { equalFidelity } from '../study/sweep/fronts.js';
import { gridOf } from '../study/sweep/grid.js';
import { planes } from '../study/sweep/planes.js';
import { scalings } from '../study/sweep/scaling.js';
import { sweep as trainGrid } from '../study/sweep/sweep.js';
import type { SweepResult } from '../study/sweep/types.js';
import { checkBatch } from '../vectors/batches.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { DOWNSTREAM_OPTIONS, type DownstreamChoice, prepareDownstream } from './downstream.js';
import {
  ACTIVATIONS_OPTION,
  type ActivationsOption,
  CHECKPOINT_OPTION,
  type CheckpointOption,
  type OutOption,
  SEED_OPTION,
} from './groups.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';
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
  const o = checked('sweep', SWEEP_OPTIONS, options, [...CALL_OPTIONS, 'commandLine']);
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const vectors = await platform.openVectors(o.activations);
  if (vectors.note) call.warn(vectors.note);
  const train = vectors.source('train');
  const heldout = vectors.source('heldout');
  const evaluation = heldout.count ? heldout : train;
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
  const out = platform.storage(o.out);
  const unlock = await out.lock();
  const pool = await platform.pool(engine, undefined, call.warn);
  try {
    call.log(`${specs.length} SAEs, ${train.d} -> ${widths.join(', ')}, ${train.count} vectors`);
    stages.start('train');
    const show = showTraining(stages, 'train');
    const { rows, folders, logs, seconds } = await trainGrid(
      {
        engine,
        pool,
        train,
        evaluation,
        storage: out.sub('saes'),
        metadata,
        checkpointEvery: o.checkpointEvery,
        signal,
        onTraining: (name, point) => show.onProgress(point, name),
        onWarning: (name, message) => show.onWarning(message, name),
        onStep: show.onStep,
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
      dSae: widths.length > 1 ? widths : widths[0],
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
      await out.write(
        result.report,
        await platform.report.sweep(result, logs, options.commandLine ?? 'curvesae'),
      );
    for (const row of rows) if (row.error !== undefined) call.warn(`${row.name}: ${row.error}`);
    return { ...result, report };
  } finally {
    pool.dispose();
    await unlock();
  }
}

/** Adds the downstream metrics of every trained SAE. */
async function splice(
  result: SweepResult,
  folders: Awaited<ReturnType<typeof trainGrid>>['folders'],
  measure: NonNullable<Awaited<ReturnType<typeof prepareDownstream>>>,
): Promise<void> {
  const started = performance.now();
  const trained = folders.flatMap((folder, i) => (folder ? [{ folder, row: result.rows[i] }] : []));
  if (!trained.length) throw new UsageError('no SAE of this sweep could be trained; see the warnings above');
  const { tap, images, original, zero, saes } = await measure(trained.map((t) => t.folder));
  for (const [i, { row }] of trained.entries()) row.downstream = saes[i];
  result.downstream = { tap, images, original, zero };
  result.seconds.downstream = (performance.now() - started) / 1000;
}
