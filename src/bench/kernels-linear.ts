// Benchmarks of the dense products and the rows.
import { type KernelBench, uniform, writes } from './kernel.js';

const [M, N, K] = [240, 64, 256];

export const linearKernels: Record<string, KernelBench> = {
  f32_gemm_4x8: {
    size: `${M}x${K} by ${K}x${N}`,
    flop: 2 * M * N * K,
    prepare(core) {
      const a = core.put(uniform(M * K, 1));
      const packed = core.put(uniform(N * K, 2));
      const bias = core.put(uniform(N, 3));
      const c = core.alloc32(M * N);
      const edge = core.alloc32(8 * M);
      return writes(core, c, M * N, () =>
        core.kernels.f32_gemm_4x8({ a, lda: K, packed, bias, c, ldc: N, m: M, n: N, k: K, edge }),
      );
    },
  },
  f32_gemm_packed_4x8: {
    size: `${M}x${K} by ${K}x${N}`,
    flop: 2 * M * N * K,
    prepare(core) {
      const a = core.put(uniform(M * K, 1));
      const packed = core.put(uniform(N * K, 2));
      const c = core.alloc32(M * N);
      return writes(core, c, M * N, () =>
        core.kernels.f32_gemm_packed_4x8({ a, packed, c, ldc: N, m: M, n: N, k: K }),
      );
    },
  },
  f32_outer_4x8: {
    size: `${K} places, ${M} by ${N} columns`,
    flop: 2 * M * N * K,
    prepare(core) {
      const a = core.put(uniform(M * K, 1));
      const b = core.put(uniform(N * K, 2));
      const c = core.alloc32(M * N);
      return writes(core, c, M * N, () => {
        core.f32(c, M * N).fill(0);
        core.kernels.f32_outer_4x8({ a, b, places: K, c, ldc: N, m: M, n: N });
      });
    },
  },
  f32_peak_12: {
    size: '65536 turns of 96 operations in registers',
    flop: 96 * 65536,
    prepare(core) {
      let sum = 0;
      return {
        run: () => {
          sum = core.kernels.f32_peak_12({ calls: 64, turns: 1024, seed: 1 });
        },
        output: () => [sum],
      };
    },
  },
  f32_row: {
    size: 'f32_row_project, 1024 rows of 192',
    flop: 4 * 1024 * 192,
    prepare(core) {
      const [n, d] = [1024, 192];
      const rows = uniform(n * d, 1);
      const w = core.put(uniform(n * d, 2));
      core.kernels.f32_row_normalize({ x: w, n, d });
      const g = core.put(rows);
      return writes(core, g, n * d, () => core.kernels.f32_row_project({ g, w, n, d }));
    },
  },
  f32_linear_1x16: {
    size: '1024 to 1008, one vector',
    flop: 2 * 1024 * 1008,
    prepare(core) {
      const [k, f] = [1024, 1008];
      const x = core.put(uniform(k, 1));
      const packed = core.put(uniform(k * f, 2));
      const bias = core.put(uniform(f, 3));
      const y = core.alloc32(f);
      return writes(core, y, f, () =>
        core.kernels.f32_linear_1x16({ x, inputs: k, packed, bias, y, outputs: f }),
      );
    },
  },
  f32_adam: {
    size: '147456 parameters',
    bytes: 7 * 4 * 147456,
    prepare(core) {
      const n = 147456;
      const [p, m, v, g] = [1, 2, 3, 4].map((seed) => core.put(uniform(n, seed)));
      core.f32(v, n).forEach((x, i, all) => {
        all[i] = Math.abs(x);
      });
      return writes(core, p, n, () =>
        core.kernels.f32_adam({
          p,
          m,
          v,
          g,
          n,
          scale: 1,
          rate: 1e-3,
          correction: 1,
          b1: 0.9,
          b2: 0.999,
          eps: 1e-8,
        }),
      );
    },
  },
};
