// f32_outer_4x8, naive. C += a^T b, one element after the other.
export function f32_outer_4x8(a: usize, b: usize, places: i32, c: usize, ldc: i32, m: i32, n: i32): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const at = c + (<usize>(i * ldc + j) << 2);
      let s = load<f32>(at);
      for (let p = 0; p < places; p++) s += load<f32>(a + (<usize>(((i >> 2) * places + p) * 4 + (i & 3)) << 2)) * load<f32>(b + (<usize>(((j >> 3) * places + p) * 8 + (j & 7)) << 2));
      store<f32>(at, s);
    }
}
