// f32_outer_4x8: C[M,N] = sum over places p of a[p,m] b[p,n], the product of two tall matrices of the same
//   places: what gradients by weights are, of gradients and inputs.
//   a: panels of four columns [M/4][places][4]; b: panels of eight [N/8][places][8]; C row-major.
// lanes: 8 neighbouring columns of b; the places in order, one rounding per multiply and one per add.
// needs: M % 4 == 0, N % 8 == 0, at least one place; ldc in floats.
import { madd } from "../lanes";

function tile4x8(a: usize, b: usize, end: usize, c0: usize, lc: usize): void {
  const z = f32x4.splat(0);
  let s00 = z, s01 = z, s10 = z, s11 = z, s20 = z, s21 = z, s30 = z, s31 = z;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let v = v128.load32_splat(a); s00 = madd(v, b0, s00); s01 = madd(v, b1, s01);
    v = v128.load32_splat(a, 4); s10 = madd(v, b0, s10); s11 = madd(v, b1, s11);
    v = v128.load32_splat(a, 8); s20 = madd(v, b0, s20); s21 = madd(v, b1, s21);
    v = v128.load32_splat(a, 12); s30 = madd(v, b0, s30); s31 = madd(v, b1, s31);
    a += 16; b += 32;
  } while (b < end);
  const c1 = c0 + lc, c2 = c1 + lc, c3 = c2 + lc;
  v128.store(c0, s00); v128.store(c0, s01, 16);
  v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16);
  v128.store(c3, s30); v128.store(c3, s31, 16);
}

function panelRows(a: usize, step: usize, last: usize, b: usize, end: usize, c: usize, lc: usize): void {
  do {
    tile4x8(a, b, end, c, lc);
    a += step; c += lc << 2;
  } while (a < last);
}

/** C = a^T b over `places` places, from panels of 4 and of 8 columns. */
export function f32_outer_4x8(a: usize, b: usize, places: i32, c: usize, ldc: i32, m: i32, n: i32): void {
  const step = <usize>places << 4, last = a + step * (<usize>m >> 2), panel = <usize>places << 5;
  for (; n > 0; n -= 8) {
    panelRows(a, step, last, b, b + panel, c, <usize>ldc << 2);
    b += panel; c += 32;
  }
}
