// Lane helpers shared by every kernel. All v128 values stay inside one function
// (inlined): the scalar build is derived by rewriting each lane separately
// (scripts/lower-simd.mjs), which needs no v128 to cross a call.

/** c + a*b. Two roundings in `simd` and `scalar`; one, where the engine fuses it, in `relaxed`. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** Sum over the four lanes in the one written-down order: (0+1)+(2+3). */
// @ts-ignore: decorator
@inline
export function sum4(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
