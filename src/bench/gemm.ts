// The matrix products against the engine's ceiling: the same number of operations in the
// register loop f32_peak_12. `speedOfOurs` of the loop's row is the share of it that ours reaches.
import type { Core } from '../core/core.js';
import { uniform } from './kernel.js';
import { type Environment, hasCeiling, type Impl, type Work } from './types.js';

/** M, N, K and where the operands lie. */
const SIZES: readonly (readonly [number, number, number, string])[] = [
  [16, 8, 192, 'one panel, L1'],
  [16, 8, 384, 'one panel, L1'],
  [32, 64, 96, 'L1'],
  [64, 128, 192, 'L2'],
  [256, 256, 192, 'L2'],
  [784, 128, 864, 'a 3x3 convolution'],
];

/** Calls of the register loop, each short enough for the optimising tier to take over between them. */
const CALLS = 64;

/** f32_peak_12 for `flop` operations, a multiple of 96 * 64. */
export const peakLoop = (core: Core, flop: number): (() => number) => {
  const turns = flop / (96 * CALLS);
  return () => core.kernels.f32_peak_12({ calls: CALLS, turns, seed: 1 });
};

type Product = (core: Core, m: number, n: number, k: number) => { run: () => void; c: number };

const packed: Product = (core, m, n, k) => {
  // A packed in groups of 4 rows: another order of the same random values is as good.
  const a = core.put(groups(uniform(m * k, 1), m, k));
  const b = core.put(uniform(n * k, 2));
  const c = core.alloc32(m * n);
  return { c, run: () => core.kernels.f32_gemm_packed_4x8({ a, packed: b, c, ldc: n, m, n, k }) };
};

const unpacked: Product = (core, m, n, k) => {
  const a = core.put(uniform(m * k, 1));
  const b = core.put(uniform(n * k, 2));
  const [bias, c] = [core.alloc32(n), core.alloc32(m * n)];
  return {
    c,
    run: () => core.kernels.f32_gemm_4x8({ a, lda: k, packed: b, bias, c, ldc: n, m, n, k, edge: 0 }),
  };
};

/** [M][K] -> [M/4][K][4]. */
function groups(a: Float32Array, m: number, k: number): Float32Array {
  const out = new Float32Array(m * k);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) out[((i >> 2) * k + j) * 4 + (i & 3)] = a[i * k + j];
  return out;
}

export async function* gemmWorks({ variants, version }: Environment): AsyncGenerator<Work> {
  for (const [m, n, k, where] of SIZES) {
    const flop = 2 * m * n * k;
    // A call of the smallest sizes takes less than the clock's step and than a call into WebAssembly.
    const repeat = Math.max(1, Math.round(1e6 / flop));
    const impls = variants.flatMap(({ build, engine }): Impl[] => {
      const row = { version, build, threads: 1, batch: 1 };
      const tolerance = build === 'naive' || build === 'relaxed' ? 1e-5 : 0;
      const product = (impl: string, make: Product): Impl => {
        const core = engine.acquire();
        const { run, c } = make(core, m, n, k);
        return {
          ...{ impl, ...row, tolerance },
          run: () => {
            for (let i = 0; i < repeat; i++) run();
          },
          output: () => core.f32(c, m * n),
          dispose: () => core.dispose(),
        };
      };
      const products = [product('curvesae', packed), product('f32_gemm_4x8, A unpacked', unpacked)];
      if (!hasCeiling(build)) return products;
      const core = engine.acquire();
      const run = peakLoop(core, flop * repeat);
      return [...products, { impl: 'register loop', ...row, run, dispose: () => core.dispose() }];
    });
    yield {
      work: `gemm ${m}x${k} by ${k}x${n} (${where})${repeat > 1 ? `, ${repeat} times` : ''}`,
      tolerance: 0,
      impls,
      about: { flop: flop * repeat },
    };
  }
}
