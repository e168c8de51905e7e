// f32_gemm_packed_4x8, naive. C = A B, A in groups of 4 rows, one element after the other.
export function f32_gemm_packed_4x8(a: usize, packed: usize, c: usize, ldc: i32, m: i32, n: i32, k: i32): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let s: f32 = 0;
      for (let x = 0; x < k; x++) s += load<f32>(a + (<usize>(((i >> 2) * k + x) * 4 + (i & 3)) << 2)) * load<f32>(packed + (<usize>(((j >> 3) * k + x) * 8 + (j & 7)) << 2));
      store<f32>(c + (<usize>(i * ldc + j) << 2), s);
    }
}
