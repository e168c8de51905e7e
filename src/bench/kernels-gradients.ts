// Benchmarks of an SAE's losses and gradients, at the sizes of kernels-encoding.ts.
import type { Core } from '../core/core.js';
import { B, D, F, K, type KernelBench, lists, positive, uniform, writes } from './kernel.js';

/** B lists of K entries and what turns them into lists per latent. */
function byLatent(core: Core) {
  const { start, index, value, entries } = lists(core, B, K, F, 1);
  const df = core.put(uniform(entries, 3));
  const [first, next] = [core.alloc32(F + 1), core.alloc32(F)];
  const [sample, valueT, dfT] = [0, 1, 2].map(() => core.alloc32(entries));
  const run = () => {
    core.kernels.i32_csc_count({ index, entries, f: F, first });
    core.kernels.i32_csc_fill({ start, index, value, df, n: B, f: F, first, next, sample, valueT, dfT });
  };
  return { first, sample, value: valueT, df: dfT, entries, run };
}

export const gradientKernels: Record<string, KernelBench> = {
  f32_jumprelu: {
    size: `${B} lists of ${4 * K} entries, half active`,
    bytes: 5 * 4 * B * 4 * K,
    prepare(core) {
      const l = lists(core, B, 4 * K, F, 1);
      const theta = core.put(positive(F, 3));
      const start = core.alloc32(B + 1);
      const [index, value, at] = [0, 1, 2].map(() => core.alloc32(l.entries));
      return writes(core, value, l.entries, () =>
        core.kernels.f32_jumprelu({
          start: l.start,
          index: l.index,
          pre: l.value,
          n: B,
          theta,
          activeStart: start,
          activeIndex: index,
          activeValue: value,
          activeAt: at,
        }),
      );
    },
  },
  f32_pow_penalty: {
    size: `${B * K} entries, p = 0.7`,
    bytes: 3 * 4 * B * K,
    prepare(core) {
      const value = core.put(positive(B * K, 1));
      const df = core.alloc32(B * K);
      return writes(core, df, B * K, () =>
        core.kernels.f32_pow_penalty({ value, df, n: B * K, exponent: 0.7, scale: 1e-3, floor: 1e-6 }),
      );
    },
  },
  f32_gather_32: {
    size: `${K} rows of ${D}, ${B} times`,
    flop: 2 * B * K * D,
    prepare(core) {
      const l = lists(core, B, K, F, 1);
      const rows = core.put(uniform(D * F, 2));
      const init = core.put(uniform(D, 3));
      const out = core.alloc32(B * D);
      return writes(core, out, B * D, () => {
        for (let b = 0; b < B; b++) {
          const at = 4 * K * b;
          core.kernels.f32_gather_32({
            index: l.index + at,
            coefficient: l.value + at,
            n: K,
            rows,
            d: D,
            init,
            out: out + 4 * D * b,
          });
        }
      });
    },
  },
  f32_sae_decode: {
    size: `${B} samples of ${K} entries, D = ${D}`,
    flop: 2 * B * K * D,
    prepare(core) {
      const l = lists(core, B, K, F, 1);
      const w = core.put(uniform(D * F, 2));
      const bias = core.put(uniform(D, 3));
      const out = core.alloc32(B * D);
      return writes(core, out, B * D, () =>
        core.kernels.f32_sae_decode({
          start: l.start,
          index: l.index,
          value: l.value,
          n: B,
          wDec: w,
          bDec: bias,
          d: D,
          xhat: out,
        }),
      );
    },
  },
  i32_csc: {
    size: `${B} lists of ${K} to ${F}`,
    bytes: 4 * (6 * B * K + 3 * F),
    prepare(core) {
      const { value, entries, run } = byLatent(core);
      return writes(core, value, entries, run);
    },
  },
  f32_sae_weight_grad: {
    size: `${F} latents, ${B * K} entries, D = ${D}`,
    flop: 4 * B * K * D,
    prepare(core) {
      const { first, sample, value, df, run } = byLatent(core);
      run();
      const [dr, xc] = [core.put(uniform(B * D, 4)), core.put(uniform(B * D, 5))];
      const [gDec, gEnc] = [core.alloc32(D * F), core.alloc32(D * F)];
      return writes(core, gDec, D * F, () =>
        core.kernels.f32_sae_weight_grad({
          first,
          sample,
          value,
          df,
          from: 0,
          to: F,
          dr,
          xc,
          d: D,
          gDec,
          gEnc,
        }),
      );
    },
  },
};
