// One training step on one thread against the same step cut over several, with as many register loops in the
// same rounds: shared cores give two threads anything from 1 to 2 times one, and only the loops say how much of
// that is the machine's.
import { init } from '../core/engine.js';
import { CurvesaeError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { Team } from '../core/team.js';
import { Copies } from '../sae/copies/copies.js';
import { startSlices } from '../sae/slices/open.js';
import { OPERATIONS, type Slices } from '../sae/slices/operations.js';
import { type PreparedStep, prepareStep, type StepCase, stepName } from './sae-step.js';
import type { Environment, Impl, Work } from './types.js';

/** Of the loops of a round, on all threads together. */
const LOOP_FLOP = 96 * 64 * 163840;

const SIZES = [
  { d: 96, f: 384, k: 4, batch: 2048 },
  { d: 192, f: 3072, k: 32, batch: 2048 },
  { d: 480, f: 7680, k: 32, batch: 2048 },
  // SAE64 of O'Neill et al. 2024 on text embeddings.
  { d: 1536, f: 9216, k: 64, batch: 1024 },
];

export async function* coreWorks(env: Environment): AsyncGenerator<Work> {
  if (!env.pool) return;
  const counts = [...new Set([1, 2, Math.min(env.cores, 8)])].filter((n) => n <= env.cores || n === 2);
  for (const { d, f, k, batch } of SIZES)
    for (const arch of ['topk', 'gated', 'batchtopk']) {
      const settings = arch === 'gated' ? { l1: 1 } : { k };
      const c: StepCase = { arch, d, f, batch, settings };
      const row = { version: env.version, build: env.variants[0].build, batch };
      const impls = await Promise.all(
        counts.map(async (threads) => {
          const step = await cutStep(env, c, threads);
          return [
            { impl: 'curvesae', ...row, threads, ...step },
            ...(threads > 1 ? [{ impl: 'copies', ...row, threads, ...copiedStep(env, c, threads) }] : []),
            { impl: 'register loops', ...row, threads, ...(await loops(env, threads)) },
          ];
        }),
      );
      yield { work: `cores: ${stepName(c)}`, tolerance: 0, impls: impls.flat() };
    }
}

type Run = Pick<Impl, 'run' | 'output' | 'dispose'>;

/** Memory and threads are taken when the work begins: all of them together would not fit. */
async function cutStep(env: Environment, c: StepCase, threads: number): Promise<Run> {
  let taken: { step: PreparedStep; pool: Pool | undefined; slices: Slices | undefined } | undefined;
  let last = { loss: 0, norm: 0 };
  const take = async () => {
    const engine = await init({ build: env.variants[0].engine.info().build, workers: threads });
    if (threads === 1) return { step: prepareStep(engine, c), pool: undefined, slices: undefined };
    const pool = await env.pool!(threads, undefined);
    const slices: Slices | undefined = await Team.shared(engine, OPERATIONS);
    if (!slices) throw new CurvesaeError('this runtime shares no memory between threads');
    const step = prepareStep(engine, c, slices);
    await startSlices(slices, pool, step.step.spec);
    return { step, pool, slices };
  };
  return {
    run: async () => {
      taken ??= await take();
      last = taken.step.run();
    },
    output: () => [last.loss, last.norm],
    dispose: async () => {
      await taken?.slices?.close();
      taken?.pool?.dispose();
      taken?.step.core.dispose();
      taken = undefined;
    },
  };
}

/** The same where memory cannot be shared: as in pages that are not isolated. */
function copiedStep(env: Environment, c: StepCase, threads: number): Run {
  let taken: { step: PreparedStep; pool: Pool; copies: Copies } | undefined;
  let last = { loss: 0, norm: 0 };
  const take = async () => {
    const engine = await init({ build: env.variants[0].engine.info().build, workers: threads });
    const pool = await env.pool!(threads, undefined);
    const copies = new Copies();
    const step = prepareStep(engine, c, undefined, copies);
    await copies.start(pool, threads - 1, step.step.spec);
    return { step, pool, copies };
  };
  return {
    run: async () => {
      taken ??= await take();
      last = await taken.step.runAhead();
    },
    output: () => [last.loss, last.norm],
    dispose: async () => {
      await taken?.copies.close();
      taken?.pool.dispose();
      taken?.step.core.dispose();
      taken = undefined;
    },
  };
}

async function loops(env: Environment, threads: number): Promise<Run> {
  const pool = await env.pool!(threads, undefined);
  const flop = LOOP_FLOP / threads;
  return {
    run: () => Promise.all(Array.from({ length: threads }, () => pool.run('registerLoop', { flop }))),
    dispose: () => pool.dispose(),
  };
}
