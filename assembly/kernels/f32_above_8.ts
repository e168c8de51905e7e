// f32_above_8: the values of each of 8 samples that exceed their latent's threshold, with
// their indices, in order of index: the sparse form of JumpReLU, strict as in METHODS 3.5.
// layout: pre [F][8]; thresholds [F]; values, indices [8][F]; counts i32[8].
import { insertMarked } from "../lists";

export function f32_above_8(pre: usize, f: i32, thresholds: usize, values: usize, indices: usize, counts: usize): void {
  const stride = <usize>f << 2;
  memory.fill(counts, 0, 32);
  for (let i = 0; i < f; i++) {
    const t = v128.load32_splat(thresholds);
    const g0 = f32x4.gt(v128.load(pre), t), g1 = f32x4.gt(v128.load(pre, 16), t);
    if (v128.any_true(v128.or(g0, g1)))
      insertMarked(pre, i, i32x4.bitmask(g0) | (i32x4.bitmask(g1) << 4), values, indices, counts, stride);
    pre += 32; thresholds += 4;
  }
}
