// Benchmarks of an SAE's encoding, at d = 192, F = 3072 and the sparsity of a trained one.
import type { Core } from '../core/core.js';
import { Rng } from '../core/random.js';
import {
  B,
  D,
  F,
  K,
  type KernelBench,
  lists,
  type PreparedKernel,
  positive,
  uniform,
  writes,
} from './kernel.js';

/** Of uniform values in [-1, 1), 2 % exceed this. */
const SPARSE = 0.96;

/** Values and counts of lists of 8 samples: counts first, then the entries that are there. */
function listed(
  core: Core,
  counts: number,
  values: number,
  stride: number,
  run: () => unknown,
): PreparedKernel {
  return {
    run: run as () => void,
    output: () => {
      const n = core.i32(counts, 8);
      const all = core.f32(values, 8 * stride);
      return Array.from(n).flatMap((c, b) => [c, ...all.subarray(b * stride, b * stride + c)]);
    },
  };
}

/** The scan of 8 samples' pre-activations for what a sparse activation keeps. */
const scanned = (
  what: string,
  call: (core: Core, pre: number, values: number, indices: number, counts: number) => () => unknown,
): KernelBench => ({
  size: `8 samples of ${F}, 2 % ${what}`,
  bytes: 4 * 8 * F,
  prepare(core) {
    const pre = core.put(uniform(8 * F, 1).map((v) => v - SPARSE));
    const values = core.alloc32(8 * F);
    const indices = core.alloc32(8 * F);
    const counts = core.alloc32(8);
    return listed(core, counts, values, F, call(core, pre, values, indices, counts));
  },
});

/** Pre-activations of uniform x and w have variance D / 9; 2 % exceed this. */
const WANTED = (2.05 * Math.sqrt(D)) / 3;

/** Rows as i16_quantize_rows leaves them, of uniform values times 3000, and their inverse scales. */
function quantized(core: Core, n: number, seed: number): { rows: number; inverse: number } {
  const q = Int16Array.from(uniform(n * D, seed), (v) => Math.round(3000 * v));
  return {
    rows: core.put(new Uint8Array(q.buffer)),
    inverse: core.put(new Float32Array(n).fill(1 / 3000)),
  };
}

export const encodingKernels: Record<string, KernelBench> = {
  f32_sae_pack_8: {
    size: `${B} samples of ${D}`,
    bytes: 3 * 4 * B * D,
    prepare(core) {
      const x = core.put(uniform(B * D, 1));
      const offset = core.put(uniform(D, 2));
      const rows = core.alloc32(B * D);
      const panels = core.alloc32(B * D);
      return writes(core, panels, B * D, () =>
        core.kernels.f32_sae_pack_8({ x, offset, rows, panels, n: B, d: D }),
      );
    },
  },
  f32_sae_encode_4x8: {
    size: `${B} samples, ${D} to ${F}`,
    flop: 2 * B * D * F,
    prepare(core) {
      const x = core.put(uniform(B * D, 1));
      const w = core.put(uniform(D * F, 2));
      const bias = core.put(uniform(F, 3));
      const out = core.alloc32(B * F);
      const scratch = core.alloc32(32 * D);
      return writes(core, out, B * F, () =>
        core.kernels.f32_sae_encode_4x8({
          panels: x,
          panelCount: B / 8,
          wEnc: w,
          bias,
          out,
          d: D,
          f: F,
          block: 32,
          scratch,
        }),
      );
    },
  },
  i16_quantize_rows: {
    size: `${B} rows of ${D} in eights`,
    bytes: 6 * B * D,
    // The norm's rounding moves a scale, and with it values by one.
    tolerance: 1e-3,
    prepare(core) {
      const x = core.put(uniform(B * D, 1));
      const [out, inverse] = [core.alloc(2 * B * D), core.alloc32(B)];
      return {
        run: () => core.kernels.i16_quantize_rows({ x, n: B, d: D, group: 8, out, inverse }),
        output: () => Float32Array.from(new Int16Array(core.u8(out, 2 * B * D).slice().buffer)),
      };
    },
  },
  i16_sae_screen_4x8: {
    size: `${B} samples, ${D} to ${F}, 2 % wanted`,
    flop: 2 * B * D * F,
    prepare(core) {
      const x = quantized(core, B, 1);
      const w = quantized(core, F, 2);
      const zeros = core.alloc32(F);
      const beta = core.alloc32(F);
      core.kernels.i16_sae_beta({ bias: zeros, thresholds: zeros, n: F, d: D, beta });
      const thresholds = core.put(new Float32Array(B).fill(WANTED));
      const masks = core.alloc((F * B) / 8);
      const scratch = core.alloc32(32);
      return {
        run: () =>
          core.kernels.i16_sae_screen_4x8({
            x16: x.rows,
            panelCount: B / 8,
            inverseX: x.inverse,
            thresholds,
            w16: w.rows,
            inverseW: w.inverse,
            beta,
            d: D,
            count: F,
            masks,
            maskStride: B / 8,
            scratch,
          }),
        output: () => Float32Array.from(core.u8(masks, (F * B) / 8)),
      };
    },
  },
  f32_sae_rescore: {
    size: `${B} samples, ${D} to ${F}, 2 % wanted`,
    flop: 2 * 0.02 * B * D * F,
    prepare(core) {
      const [x, w] = [core.put(uniform(B * D, 1)), core.put(uniform(D * F, 2))];
      const rng = new Rng(5);
      const masks = core.put(
        Uint8Array.from({ length: (F * B) / 8 }, () => (rng.below(50) < 8 ? 1 << rng.below(8) : 0)),
      );
      const [bias, ends] = [core.alloc32(F), core.alloc32(F + 1)];
      const [sample, value, scratch] = [B * F, B * F, 2 * (B + 4)].map((n) => core.alloc32(n));
      let n = 0;
      return {
        run: () => {
          n = core.kernels.f32_sae_rescore_masks({
            masks,
            maskStride: B / 8,
            n: B,
            x,
            wEnc: w,
            bias,
            thresholds: bias,
            d: D,
            first: 0,
            count: F,
            ends,
            sample,
            value,
            at: 0,
            capacity: B * F,
            scratch,
          });
        },
        output: () => [n, ...core.f32(value, n)],
      };
    },
  },
  f32_dots_4: {
    size: `${K} rows of ${D}, ${B} times`,
    flop: 2 * B * K * D,
    prepare(core) {
      const l = lists(core, B, K, F, 1);
      const rows = core.put(uniform(D * F, 2));
      const v = core.put(uniform(D, 3));
      const out = core.alloc32(B * K);
      return writes(core, out, B * K, () => {
        core.f32(out, B * K).fill(0);
        for (let b = 0; b < B * K; b += K)
          core.kernels.f32_dots_4({ index: l.index + 4 * b, n: K, rows, d: D, vector: v, out: out + 4 * b });
      });
    },
  },
  f32_topk_8: {
    size: `8 samples of ${F}, k = ${K}`,
    bytes: 4 * 8 * F,
    prepare(core) {
      const pre = core.put(uniform(8 * F, 1));
      const values = core.alloc32(8 * 4 * K);
      const indices = core.alloc32(8 * 4 * K);
      const counts = core.alloc32(8);
      const work = core.alloc32(4 * K + 8);
      return listed(core, counts, values, 4 * K, () =>
        core.kernels.f32_topk_8({ pre, f: F, k: K, guess: 0.97, values, indices, counts, work }),
      );
    },
  },
  f32_positive_8: scanned(
    'positive',
    (core, pre, values, indices, counts) => () =>
      core.kernels.f32_positive_8({ pre, f: F, values, indices, counts }),
  ),
  f32_above_8: scanned('above their threshold', (core, pre, values, indices, counts) => {
    const thresholds = core.alloc32(F);
    return () => core.kernels.f32_above_8({ pre, f: F, thresholds, values, indices, counts });
  }),
  f32_gated_8: scanned('with an open gate', (core, pre, values, indices, counts) => {
    const [gate, magnitude] = [core.alloc32(F), core.put(positive(F, 4))];
    const scale = core.put(positive(F, 5));
    const gates = core.alloc32(8 * F);
    return () =>
      core.kernels.f32_gated_8({
        pre,
        f: F,
        bGate: gate,
        scale,
        bMag: magnitude,
        onlyActive: 0,
        gates,
        values,
        indices,
        counts,
      });
  }),
  f32_kth_largest: {
    size: `${F * 8} values`,
    bytes: 4 * F * 8,
    prepare(core) {
      const [n, k] = [8 * F, 8 * K];
      const values = core.put(uniform(n, 1));
      let kth = 0;
      return {
        run: () => {
          kth = core.kernels.f32_kth_largest({ values, n, k });
        },
        output: () => [kth],
      };
    },
  },
};
