// One benchmark per kernel file, by the name that file, symbol, test and docs share.
import { UsageError } from '../core/errors.js';
import type { KernelBench } from './kernel.js';
import { encodingKernels } from './kernels-encoding.js';
import { gradientKernels } from './kernels-gradients.js';
import { linearKernels } from './kernels-linear.js';
import { networkKernels } from './kernels-network.js';
import { searchKernels } from './kernels-search.js';
import { type Environment, hasCeiling, type Impl, type Work } from './types.js';

export const KERNELS: Readonly<Record<string, KernelBench>> = {
  ...linearKernels,
  ...networkKernels,
  ...encodingKernels,
  ...gradientKernels,
  ...searchKernels,
};

/** Every kernel in every variant, each with the same operands. */
export async function* kernelWorks(env: Environment): AsyncGenerator<Work> {
  for (const name of Object.keys(KERNELS)) yield kernelWork(name, env);
}

export function kernelWork(name: string, { variants, version }: Environment): Work {
  const { size, flop, bytes, tolerance = 1e-5, prepare } = KERNELS[name];
  const impls = variants.flatMap(({ build, engine }): Impl[] => {
    if (name === 'f32_peak_12' && !hasCeiling(build)) return [];
    const core = engine.acquire();
    const { run, output } = prepare(core);
    return [
      {
        ...{ impl: 'curvesae', version, build, threads: 1, batch: 1 },
        // simd and scalar must agree bit for bit.
        tolerance: build === 'naive' || build === 'relaxed' ? tolerance : 0,
        run,
        output,
        dispose: () => core.dispose(),
      },
    ];
  });
  return { work: `${name}: ${size}`, tolerance: 0, impls, about: { flop, bytes, kernel: name } };
}

/** The kernel named, or a UsageError. */
export function checkKernel(name: string): void {
  if (!Object.hasOwn(KERNELS, name)) throw new UsageError(`no kernel is named '${name}'`);
}
