// The suite: which works there are, and one run over those that were named.
import { UsageError, unknownName } from '../core/errors.js';
import { backwardCase, backwardWork, weightsCase } from './backward.js';
import { coreWorks } from './cores.js';
import { forwardWork, netCase, stemCases } from './forward.js';
import { gemmWorks } from './gemm.js';
import { KERNELS, kernelWork, kernelWorks } from './kernels.js';
import { measure, median } from './measure.js';
import { memoryUse } from './memory.js';
import { pictureCase, pictureWork } from './picture.js';
import { saeWorks } from './sae-step.js';
import { sizeWorks } from './sizes.js';
import type { BenchResult, Environment, Machine, Row, Work, WorkFactory } from './types.js';
import { scalingOf, workerWorks } from './workers.js';

/** Works by the name that --only takes; `startup` and `memory` are figures of their own. */
export const WORKS: Readonly<Record<string, WorkFactory>> = {
  async *stem(env) {
    for (const c of stemCases()) yield forwardWork(c, env);
  },
  async *back(env) {
    yield backwardWork(backwardCase(), env);
    yield backwardWork(weightsCase(), env);
    yield pictureWork(pictureCase(env), env);
  },
  async *net(env) {
    yield forwardWork(netCase(), env);
  },
  sae: saeWorks,
  gemm: gemmWorks,
  workers: workerWorks,
  cores: coreWorks,
  kernels: kernelWorks,
  sizes: sizeWorks,
};
const FIGURES = ['memory', 'startup'];

/** `--only`'s value as names of works and kernels; everything where it is absent. */
export function chosen(only: string | undefined, works = Object.keys(WORKS)): string[] {
  const known = [...works, ...FIGURES];
  if (only === undefined) return known;
  const names = only.split(',').map((n) => n.trim());
  if (names.some((n) => n === '')) throw new UsageError(`--only: an empty name in '${only}'`);
  for (const name of names)
    if (!known.includes(name) && !Object.hasOwn(KERNELS, name))
      throw unknownName('work or kernel', name, [...known, ...Object.keys(KERNELS)]);
  return names;
}

export interface SuiteHooks {
  /** A work was measured. */
  onRows?(rows: readonly Row[]): void;
  /** Works in place of the suite's own: bench/ adds peers. */
  works?: Readonly<Record<string, WorkFactory>>;
}

export async function runSuite(
  names: readonly string[],
  env: Environment,
  machine: Machine,
  { onRows, works = WORKS }: SuiteHooks = {},
): Promise<BenchResult> {
  const result: BenchResult = {
    ...{ version: env.version, machine, rows: [], about: {}, peak: {}, memory: [], scaling: [] },
  };
  const take = async (work: Work, group: string): Promise<void> => {
    env.say(work.work);
    const rows = await measure(work, env.timing, env);
    result.rows.push(...rows);
    result.about[work.work] = { group, ...work.about };
    onRows?.(rows);
  };
  for (const name of names) {
    env.signal?.throwIfAborted();
    if (name === 'memory') result.memory = await memoryUse(env);
    else if (name === 'startup') await startup(env, result, onRows);
    else if (Object.hasOwn(works, name))
      for await (const work of await works[name](env)) await take(work, name);
    else await take(kernelWork(name, env), 'kernels');
  }
  result.scaling = scalingOf(result.rows);
  // Rates are shares of a ceiling that was measured in the same run.
  const rated = result.rows.some((r) => result.about[r.work]?.flop !== undefined);
  if (rated && !names.some((n) => n === 'kernels' || n === 'f32_peak_12'))
    await take(kernelWork('f32_peak_12', env), 'kernels');
  for (const row of result.rows) {
    const { kernel, flop = 0 } = result.about[row.work];
    if (kernel !== 'f32_peak_12' && row.impl !== 'register loop') continue;
    result.peak[row.build] = Math.max(result.peak[row.build] ?? 0, flop / row.bestMs / 1e6);
  }
  return result;
}

async function startup(env: Environment, result: BenchResult, onRows: SuiteHooks['onRows']): Promise<void> {
  if (!env.startup) return;
  const work = 'start-up: import, init, first stem forward at 224x224';
  env.say(work);
  const times = await env.startup(Math.max(3, env.timing.rounds));
  const { build } = env.variants[0];
  const row: Row = {
    ...{ work, impl: 'curvesae', version: env.version, build, threads: 1, batch: 1 },
    ...{ bestMs: Math.min(...times), medianMs: median(times), speedOfOurs: 1 },
  };
  result.rows.push(row);
  result.about[work] = { group: 'startup' };
  onRows?.([row]);
}
