// A sweep cut over machines: a share trains every N-th SAE of the grid, and all of them are brought together.
import type { EngineInfo } from '../../core/engine.js';
import type { Storage } from '../../formats/storage.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../sae/saelens.js';
import { type SweepEnvironment, trainSpecs } from '../../study/sweep/sweep.js';
import type { SweepSpec } from '../../study/sweep/types.js';
import { saeIdentity } from '../identity.js';
import { copyFinished } from './copy.js';
import { mendedBy, OpenShare, type ShareRecord } from './record.js';
import { type Share, turnOf } from './share.js';

/** Of a sweep's folder: one folder an SAE. */
export const SAES_FOLDER = 'saes';

/** What tells that an SAE is the same. */
const ALIKE = [WEIGHTS_FILE, CONFIG_FILE];

/** One SAE of a share; `error`: it could not be trained. */
interface TrainedPart {
  name: string;
  error?: string;
}

export const sweepIdentity = (
  kernels: Pick<EngineInfo, 'build' | 'buildId'>,
  source: SweepEnvironment['train'],
  specs: readonly SweepSpec[],
  asked: object,
): object => ({
  saes: specs.map(({ name, options }) => ({ name, ...saeIdentity(kernels, source, options) })),
  asked,
});

/** Trains, goes on with or takes every N-th SAE. `asked`: what the result depends on besides. */
export async function sweepShare(
  out: Storage,
  env: Omit<SweepEnvironment, 'evaluation' | 'storage'>,
  specs: readonly SweepSpec[],
  share: Share,
  { call, asked }: { call: object | null; asked: object },
): Promise<{ folder: Storage; record: ShareRecord; parts: TrainedPart[]; reused: boolean }> {
  const own = turnOf(share, specs.length).map((i) => specs[i]);
  const stepsOf = (list: readonly SweepSpec[]) => list.reduce((n, { options }) => n + options.steps, 0);
  const identity = sweepIdentity(env.engine.info(), env.train, specs, asked);
  const total = stepsOf(own);
  const opened = await OpenShare.open(
    out,
    { ...{ command: 'sweep', identity, call, unit: 'steps', all: stepsOf(specs) }, facts: {} },
    share,
    total,
    env.onRemade,
  );
  try {
    const steps = own.map(() => 0);
    const outcomes = await trainSpecs(
      {
        ...env,
        storage: opened.folder.sub(SAES_FOLDER),
        onStep: (step, of, i) => {
          steps[i] = step;
          opened.progress(
            steps.reduce((a, b) => a + b, 0),
            0,
          );
          env.onStep?.(step, of, i);
        },
      },
      own,
    );
    const parts = own.map(({ name }, i) => {
      const { error } = outcomes[i];
      return error ? { name, error: error.message } : { name };
    });
    const record = await opened.finish(parts, parts.filter((p) => 'error' in p).length);
    return { folder: opened.folder, record, parts, reused: outcomes.every((o) => !o.error && o.reused) };
  } finally {
    await opened.close();
  }
}

/** The SAEs of all shares of one job, where one machine has them in `out`. True: all of them were there. */
export async function joinSweep(
  out: Storage,
  shares: readonly { storage: Storage; record: ShareRecord }[],
): Promise<boolean> {
  const unlock = await out.lock();
  let same = true;
  try {
    for (const { storage, record } of shares)
      for (const { name, error } of record.parts as readonly TrainedPart[]) {
        if (error !== undefined) continue; // it left nothing; one machine tries it, and fails, as well
        const from = storage.sub(SAES_FOLDER).sub(name);
        if (!(await copyFinished(from, out.sub(SAES_FOLDER).sub(name), mendedBy(record), ALIKE)))
          same = false;
      }
  } finally {
    await unlock();
  }
  return same;
}
