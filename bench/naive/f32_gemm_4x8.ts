// f32_gemm_4x8, naive. C = A B + bias, one element after the other.
export function f32_gemm_4x8(a: usize, lda: i32, packed: usize, bias: usize, c: usize, ldc: i32, m: i32, n: i32, k: i32, edge: usize): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let s = load<f32>(bias + (<usize>j << 2));
      for (let x = 0; x < k; x++) s += load<f32>(a + (<usize>(i * lda + x) << 2)) * load<f32>(packed + (<usize>(((j >> 3) * k + x) * 8 + (j & 7)) << 2));
      store<f32>(c + (<usize>(i * ldc + j) << 2), s);
    }
}
