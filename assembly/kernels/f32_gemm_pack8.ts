// f32_gemm_pack8: the B operand of f32_gemm_4x8 and f32_gemm_packed_4x8 -> panels of 8 columns.

/** B[K,N] row-major (ldb floats) -> panels [ceil(N/8)][K][8], zero-padded. */
export function f32_gemm_pack8(b: usize, ldb: i32, packed: usize, k: i32, n: i32): void {
  for (let j = 0; j < n; j += 8) {
    const w = min(8, n - j);
    let p = b + (<usize>j << 2);
    for (let i = 0; i < k; i++) {
      if (w == 8) { v128.store(packed, v128.load(p)); v128.store(packed, v128.load(p, 16), 16); }
      else { memory.fill(packed, 0, 32); memory.copy(packed, p, <usize>w << 2); }
      p += <usize>ldb << 2; packed += 32;
    }
  }
}
