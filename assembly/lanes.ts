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

/** Stores the transpose of the 4x4 matrix with rows r0..r3: 64 bytes at p. */
// @ts-ignore: decorator
@inline
export function transpose4(r0: v128, r1: v128, r2: v128, r3: v128, p: usize): void {
  const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7), d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(p, v128.shuffle<i32>(a, b, 0, 1, 4, 5)); v128.store(p, v128.shuffle<i32>(a, b, 2, 3, 6, 7), 16);
  v128.store(p, v128.shuffle<i32>(c, d, 0, 1, 4, 5), 32); v128.store(p, v128.shuffle<i32>(c, d, 2, 3, 6, 7), 48);
}

/** 4 pixels of `channels` (a multiple of 4) floats, their addresses at t, interleaved to [channels][4] at a. */
export function interleavePixels(t: usize, a: usize, channels: i32): void {
  let p0 = load<usize>(t), p1 = load<usize>(t, 4), p2 = load<usize>(t, 8), p3 = load<usize>(t, 12);
  const end = a + (<usize>channels << 4);
  do {
    transpose4(v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3), a);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16; a += 64;
  } while (a < end);
}
