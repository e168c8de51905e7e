// Node as the suite's platform.
import { availableParallelism, cpus } from 'node:os';
import { init } from '../core/engine.js';
import { BUILDS, type Build, supportedBuilds } from '../core/features.js';
import { benchPool } from './pool.node.js';
import { heModel } from './random-model.js';
import { startupTimes } from './startup.node.js';
import type { Environment, Machine, Timing, Variant } from './types.js';

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? process.arch,
  cores: availableParallelism(),
  runtime: `Node ${process.version}`,
  date: new Date().toISOString(),
});

export interface NodeOptions {
  version: string;
  timing: Timing;
  say(text: string): void;
  signal?: AbortSignal;
  /** The build whose rows the others are compared with. */
  build?: Build;
  /** Further builds, after those of the package. */
  further?: Variant[];
}

export async function nodeEnvironment({
  build = 'simd',
  further = [],
  ...options
}: NodeOptions): Promise<Environment> {
  const supported = supportedBuilds();
  const others = BUILDS.filter((b) => b !== build && supported[b]);
  const variants: Variant[] = [];
  for (const b of [build, ...others]) variants.push({ build: b, engine: await init({ build: b }) });
  return {
    ...options,
    variants: [...variants, ...further],
    cores: availableParallelism(),
    pool: async (workers, model) =>
      benchPool(await init({ wasm: variants[0].engine.module, build, workers }), model, options.say),
    startup: (runs) => startupTimes(heModel('inceptionv1'), build, runs),
  };
}
