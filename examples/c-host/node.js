// What main.c does, through the package. Argument: the build, simd (default) or scalar.
import { init } from 'curvesae';

const [B, D, F, K, PIXELS, TAPS, FILTERS] = [8, 64, 512, 16, 49, 27, 20];
const engine = await init({ build: process.argv[2] ?? 'simd' });
const core = engine.acquire();
const { exports: kernels } = core; // in the order of the ABI, as the C program calls them

let state = 2463534242;
const floats = (n) =>
  core.put(
    Float32Array.from({ length: n }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return ((state >>> 8) - 8388608) / 8388608;
    }),
  );

let hash = 0xcbf29ce484222325n;
const add = (pointer, bytes) => {
  for (const byte of core.u8(pointer, bytes))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
};
/** %.9g of C, for the sizes that occur here. */
const g9 = (x) => String(Number(x.toPrecision(9)));

const [x, bDec, wEnc, bEnc] = [floats(B * D), floats(D), floats(F * D), floats(F)];
const [centred, panels, scratch] = [core.alloc32(B * D), core.alloc32(B * D), core.alloc32(32 * D)];
const pre = core.alloc32(B * F);
const [values, indices, counts] = [core.alloc32(4 * B * K), core.alloc32(4 * B * K), core.alloc32(B)];
const work = core.alloc32(4 * K + 8);
kernels.f32_sae_pack_8(x, bDec, centred, panels, B, D);
kernels.f32_sae_encode_4x8(panels, B / 8, wEnc, bEnc, pre, D, F, 32, scratch);
kernels.f32_topk_8(pre, F, K, 0, values, indices, counts, work);
add(pre, 4 * B * F);
for (const [s, count] of core.i32(counts, B).entries()) {
  add(values + 16 * K * s, 4 * count);
  add(indices + 16 * K * s, 4 * count);
}
console.log(
  `encode: first latent of sample 0 is ${core.i32(indices, 1)[0]} with ${g9(core.f32(values, 1)[0])}`,
);

const [patches, weights, bias] = [floats(PIXELS * TAPS), floats(TAPS * FILTERS), floats(24)];
const [packed, out, edge] = [
  core.alloc32(TAPS * 24),
  core.alloc32(PIXELS * FILTERS),
  core.alloc32(PIXELS * 8),
];
kernels.f32_gemm_pack8(weights, FILTERS, packed, TAPS, FILTERS);
kernels.f32_gemm_4x8(patches, TAPS, packed, bias, out, FILTERS, PIXELS, FILTERS, TAPS, edge);
add(out, 4 * PIXELS * FILTERS);
console.log(`convolution: first output is ${g9(core.f32(out, 1)[0])}`);
console.log(`exp(1) is ${engine.math.exp(1)}`);
console.log(`hash ${hash.toString(16).padStart(16, '0')}`);
engine.dispose();
