// A page or a worker of one as the suite's platform.
import { init } from '../core/engine.js';
import { BUILDS, supportedBuilds } from '../core/features.js';
import { connect, poolOver } from '../pipeline/workers.web.js';
import { BENCH_TASKS } from './tasks.js';
import type { Environment, Machine, Timing, Variant } from './types.js';

/** What a browser tells of itself: its processor it does not tell. */
export function machine(): Machine {
  const { userAgent, hardwareConcurrency } = navigator;
  const [name] = /(?:Firefox|Edg|OPR|Chrome|Version)\/[\d.]+/.exec(userAgent) ?? [userAgent];
  const [, system] = /\(([^)]*)\)/.exec(userAgent) ?? [];
  return {
    cpu: system ?? 'unknown processor',
    cores: hardwareConcurrency,
    runtime: name.replace('Version/', 'Safari ').replace('/', ' '),
    date: new Date().toISOString(),
  };
}

export interface WebOptions {
  version: string;
  timing: Timing;
  say(text: string): void;
  signal?: AbortSignal;
  /** Script of a worker that knows BENCH_TASKS. */
  workerUrl: string | URL;
}

export async function webEnvironment({ workerUrl, ...options }: WebOptions): Promise<Environment> {
  const supported = supportedBuilds();
  const variants: Variant[] = [];
  for (const build of BUILDS.filter((b) => supported[b]))
    variants.push({ build, engine: await init({ build }) });
  // simd first: the default build, with which the others are compared.
  variants.sort((a, b) => Number(b.build === 'simd') - Number(a.build === 'simd'));
  return {
    ...options,
    variants,
    cores: navigator.hardwareConcurrency,
    pool: async (workers, model) =>
      poolOver(
        () => connect(() => new Worker(workerUrl, { type: 'module' })),
        BENCH_TASKS,
        await init({ build: variants[0].build as 'simd', workers }),
        model,
        options.say,
      ),
  };
}
