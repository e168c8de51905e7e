// f32_positive_8: the positive values of each of 8 samples with their indices, in order of
// index: the sparse form of ReLU. layout: pre [F][8]; values, indices [8][F]; counts i32[8].
import { insertMarked } from "../lists";

export function f32_positive_8(pre: usize, f: i32, values: usize, indices: usize, counts: usize): void {
  const zero = f32x4.splat(0), stride = <usize>f << 2;
  memory.fill(counts, 0, 32);
  for (let i = 0; i < f; i++) {
    const g0 = f32x4.gt(v128.load(pre), zero), g1 = f32x4.gt(v128.load(pre, 16), zero);
    if (v128.any_true(v128.or(g0, g1)))
      insertMarked(pre, i, i32x4.bitmask(g0) | (i32x4.bitmask(g1) << 4), values, indices, counts, stride);
    pre += 32;
  }
}
