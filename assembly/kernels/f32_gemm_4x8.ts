// f32_gemm_4x8: C[M,N] = A[M,K] * B[K,N] + bias[N], row-major A and C, B packed
// in column panels [N/8][K][8] (zero-padded to a multiple of 8 by f32_gemm_pack8).
// lanes: 8 neighbouring columns of one row; k runs in order, one rounding per
//   multiply and one per add, so every element has one reduction order.
// needs: lda, ldc in floats; C has room for N rounded up to 8 only if N % 8 == 0,
//   otherwise the last panel goes through an 8-float edge buffer.
import { madd } from "../lanes";

// One 4x8 tile. a0..a3: row pointers (repeat the last row to pad M), b: panel.
function tile4x8(a0: usize, a1: usize, a2: usize, a3: usize, b: usize, end: usize, bias: usize, c0: usize, c1: usize, c2: usize, c3: usize): void {
  let s00 = v128.load(bias), s01 = v128.load(bias, 16);
  let s10 = s00, s11 = s01, s20 = s00, s21 = s01, s30 = s00, s31 = s01;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let a = v128.load32_splat(a0); s00 = madd(a, b0, s00); s01 = madd(a, b1, s01);
    a = v128.load32_splat(a1); s10 = madd(a, b0, s10); s11 = madd(a, b1, s11);
    a = v128.load32_splat(a2); s20 = madd(a, b0, s20); s21 = madd(a, b1, s21);
    a = v128.load32_splat(a3); s30 = madd(a, b0, s30); s31 = madd(a, b1, s31);
    a0 += 4; a1 += 4; a2 += 4; a3 += 4; b += 32;
  } while (b < end);
  v128.store(c0, s00); v128.store(c0, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
}

function panelRows(a: usize, lda: usize, b: usize, end: usize, bias: usize, c: usize, ldc: usize, m: i32): void {
  for (; m >= 4; m -= 4) {
    tile4x8(a, a + lda, a + 2 * lda, a + 3 * lda, b, end, bias, c, c + ldc, c + 2 * ldc, c + 3 * ldc);
    a += 4 * lda; c += 4 * ldc;
  }
  if (m > 0) {
    const r1: usize = m > 1 ? lda : 0, r2: usize = m > 2 ? 2 * lda : r1;
    const q1: usize = m > 1 ? ldc : 0, q2: usize = m > 2 ? 2 * ldc : q1;
    tile4x8(a, a + r1, a + r2, a + r2, b, end, bias, c, c + q1, c + q2, c + q2);
  }
}

/**
 * C[M,N] = A * B + bias. `packed`: f32_gemm_pack8(B). `bias`: N rounded up to 8 floats.
 * `edge`: scratch of M*8 floats, used when N % 8 != 0. M, N, K >= 1; lda, ldc in floats.
 */
export function f32_gemm_4x8(a: usize, lda: i32, packed: usize, bias: usize, c: usize, ldc: i32, m: i32, n: i32, k: i32, edge: usize): void {
  const panel = <usize>k << 5, la = <usize>lda << 2, lc = <usize>ldc << 2;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    panelRows(a, la, packed, packed + panel, bias, c, lc, m);
    packed += panel; bias += 32; c += 32;
  }
  if (j < n) {
    panelRows(a, la, packed, packed + panel, bias, edge, 32, m);
    const bytes = <usize>(n - j) << 2;
    for (let i = 0; i < m; i++) { memory.copy(c, edge, bytes); c += lc; edge += 32; }
  }
}
