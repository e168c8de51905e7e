import { UsageError } from '../../core/errors.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { DEFAULTS } from '../../pipeline/defaults.js';
import { showTraining } from '../../pipeline/progress.js';
import { provenance } from '../../pipeline/provenance.js';
import { widthOf } from '../../pipeline/training.js';
import { writeSweep } from '../../report/sweep.js';
import { architectureNames } from '../../sae/registry.js';
import { equalFidelity, paretoFront } from '../../study/sweep/fronts.js';
import { gridOf } from '../../study/sweep/grid.js';
import { sweep } from '../../study/sweep/sweep.js';
import type { SweepResult, SweepRow } from '../../study/sweep/types.js';
import { openVectors } from '../../vectors/open.node.js';
import { command } from '../command.js';
import { DOWNSTREAM_FLAGS, prepareDownstream } from '../downstream.js';
import { numbers, TRAIN_FLAGS, trainSettings } from '../shared-flags.js';
import { version } from '../version.js';

const { arch: _arch, k: _k, l1: _l1, 'target-l0': _target, ...SHARED } = TRAIN_FLAGS;

export default command({
  summary: 'a grid of SAEs from one activation stream, and its Pareto picture',
  usage: '--activations STORE|FILE --archs relu,gated,topk --out DIR [--k 4,8] [--l1 1,2,4]',
  flags: {
    activations: {
      kind: 'text',
      value: 'STORE',
      help: 'activation store, or a matrix: .npy, .npz, .safetensors, .pt, .parquet or .arrow (FILE#NAME where it holds several)',
      required: true,
    },
    archs: {
      kind: 'list',
      value: 'A,B,...',
      help: `architectures: ${architectureNames().join(', ')}`,
      required: true,
    },
    k: {
      kind: 'list',
      value: 'K1,K2,...',
      help: 'values of k for topk and relatives (default: 1/4 to 2 times the usual)',
    },
    l1: {
      kind: 'list',
      value: 'L1,L2,...',
      help: 'sparsity coefficients for the others (default: 1/4 to 2 times the usual)',
    },
    'target-l0': { kind: 'list', value: 'N1,N2,...', help: 'values of L0 for --penalty quadratic' },
    ...SHARED,
    'checkpoint-every': {
      kind: 'integer',
      value: 'N',
      help: 'steps between checkpoints',
      min: 1,
      default: DEFAULTS.checkpointEvery,
    },
    ...DOWNSTREAM_FLAGS,
    out: {
      kind: 'text',
      value: 'DIR',
      help: 'folder of the SAEs, sweep.json and sweep.html; repeating the command reuses what is finished',
      required: true,
    },
  },
  async run(context, values) {
    const { progress, signal } = context;
    const engine = await context.engine();
    const vectors = await openVectors(values.activations);
    if (vectors.note) context.progress.warn(`${values.activations}: ${vectors.note}`);
    const train = vectors.source('train');
    const heldout = vectors.source('heldout');
    const evaluation = heldout.count ? heldout : train;
    const { architecture: _, ...base } = trainSettings({
      ...values,
      arch: 'relu',
      k: undefined,
      l1: undefined,
      'target-l0': undefined,
    });
    const dSae = base.dSae ?? widthOf(values.expansion, train.d);
    const specs = gridOf(
      values.archs,
      { ...base, dSae },
      {
        k: numbers('k', values.k),
        l1: numbers('l1', values.l1),
        targetL0: numbers('target-l0', values['target-l0']),
      },
      train.d,
    );
    const metadata = provenance({ data: vectors.hash, store: vectors.manifest });
    const measure = await prepareDownstream(context, values, {
      dIn: train.d,
      metadata,
      manifest: vectors.manifest,
      split: heldout.count ? 'heldout' : 'all',
      trainedHere: true,
    });
    const out = nodeStorage(values.out);
    const unlock = await out.lock();
    try {
      progress.log(`${specs.length} SAEs, ${train.d} -> ${dSae}, ${train.count} vectors`);
      progress.start('train');
      const show = showTraining(progress, 'train');
      const { rows, folders, logs, seconds } = await sweep(
        {
          engine,
          train,
          evaluation,
          storage: out.sub('saes'),
          metadata,
          checkpointEvery: values['checkpoint-every'],
          signal,
          onTraining: (name, point) => show.onProgress(point, name),
          onStep: show.onStep,
          onTrained: () => {
            progress.finish(`${specs.length} SAEs`);
            progress.start('evaluate');
          },
          onEvaluated: (done, total) => progress.update(done, total, 'SAEs', ''),
        },
        specs,
      );
      progress.finish(`${rows.filter((r) => r.error === undefined).length} of ${rows.length} SAEs`);
      const result: SweepResult = {
        version: version(),
        activations: vectors.hash,
        dIn: train.d,
        dSae,
        steps: values.steps,
        batch: values.batch,
        seed: values.seed,
        heldOut: heldout.count > 0,
        vectors: evaluation.count,
        rows,
        equalFidelity: equalFidelity(rows, engine.math),
        seconds: { train: seconds },
        report: 'sweep.html',
      };
      const failures = measure ? await splice(result, folders, measure) : 0;
      await out.write('sweep.json', `${JSON.stringify(result, null, 2)}\n`);
      await out.write(result.report, await writeSweep(result, logs, context.commandLine));
      for (const row of rows) if (row.error !== undefined) progress.warn(`${row.name}: ${row.error}`);
      context.print(result, () => text(result, values.out));
      return failures || rows.some((r) => r.error !== undefined) ? 4 : 0;
    } finally {
      await unlock();
    }
  },
});

/** Adds the downstream metrics of every trained SAE. Returns how many photographs failed. */
async function splice(
  result: SweepResult,
  folders: Awaited<ReturnType<typeof sweep>>['folders'],
  measure: NonNullable<Awaited<ReturnType<typeof prepareDownstream>>>,
): Promise<number> {
  const started = Date.now();
  const trained = folders.flatMap((folder, i) => (folder ? [{ folder, row: result.rows[i] }] : []));
  if (!trained.length) throw new UsageError('no SAE of this sweep could be trained; see the warnings above');
  const { tap, images, original, zero, saes, failures } = await measure(trained.map((t) => t.folder));
  for (const [i, { row }] of trained.entries()) row.downstream = saes[i];
  result.downstream = { tap, images, original, zero };
  result.seconds.downstream = (Date.now() - started) / 1000;
  return failures.length;
}

function text({ rows, downstream, report }: SweepResult, out: string): string {
  const front = paretoFront(rows, (r) => r.fvu);
  const width = Math.max(...rows.map((r) => r.name.length), 4);
  const line = (r: SweepRow) =>
    r.error !== undefined
      ? `${r.name.padEnd(width)}    ${r.error}`
      : `${r.name.padEnd(width)} ${front.has(r.name) ? '*' : ' '} ${r.l0!.toFixed(2).padStart(7)} ${r.fvu!.toFixed(4).padStart(7)} ${r.gamma!.toFixed(3).padStart(6)} ${(100 * r.deadFraction!).toFixed(1).padStart(6)} %` +
        (r.downstream?.lossRecovered == null
          ? ''
          : ` ${(100 * r.downstream.lossRecovered).toFixed(2).padStart(8)} %`);
  return [
    `${'SAE'.padEnd(width)}        L0     FVU  gamma     dead${downstream ? '  recovered' : ''}`,
    ...rows.map(line),
    '* no other SAE is both sparser and more faithful',
    `report: ${out}/${report}`,
  ].join('\n');
}
