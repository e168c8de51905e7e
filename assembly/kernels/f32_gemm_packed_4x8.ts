// f32_gemm_packed_4x8: C[M,N] = A[M,K] * B[K,N], both packed: A in groups of 4 rows
//   [M/4][K][4], B in column panels [N/8][K][8] (f32_gemm_pack8's form).
// One pointer walks A and one walks B, so that a turn is 6 loads, 16 operations and 3
// others: what a core that issues 6 a cycle does in little more than the 4 cycles its
// multipliers and adders need. Four row pointers (f32_gemm_4x8) cost 3 additions more.
// lanes: 8 neighbouring columns of one row; k runs in order.
// needs: M % 4 == 0 or 1 (then the last row is alone in its group), N % 8 == 0, N, K >= 1.
import { madd } from "../lanes";

const FEW: i32 = 32;

// `few`: the first product is the sum's start, which saves a twelfth of the additions at k = 12.
// (From about 64 on, the loop alone is faster.)
// @ts-ignore: decorator
@inline
function tiles(few: bool, a: usize, last: usize, skip: usize, w: usize, end: usize, c: usize, ldc: usize): void {
  do {
    let b = w;
    let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
    if (few) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a); s00 = f32x4.mul(x, b0); s01 = f32x4.mul(x, b1);
      x = v128.load32_splat(a, 4); s10 = f32x4.mul(x, b0); s11 = f32x4.mul(x, b1);
      x = v128.load32_splat(a, 8); s20 = f32x4.mul(x, b0); s21 = f32x4.mul(x, b1);
      x = v128.load32_splat(a, 12); s30 = f32x4.mul(x, b0); s31 = f32x4.mul(x, b1);
      a += 16; b += 32;
    }
    if (!few || b < end) do {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let x = v128.load32_splat(a); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
      x = v128.load32_splat(a, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
      x = v128.load32_splat(a, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
      x = v128.load32_splat(a, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
      a += 16; b += 32;
    } while (b < end);
    v128.store(c, s00); v128.store(c, s01, 16); c += ldc;
    v128.store(c, s10); v128.store(c, s11, 16); c += ldc;
    v128.store(c, s20); v128.store(c, s21, 16); c += ldc;
    v128.store(c, s30); v128.store(c, s31, 16); c += ldc;
    a += skip;
  } while (a < last);
}

function panel(a: usize, last: usize, skip: usize, w: usize, end: usize, c: usize, ldc: usize): void { tiles(false, a, last, skip, w, end, c, ldc); }
function shortPanel(a: usize, last: usize, skip: usize, w: usize, end: usize, c: usize, ldc: usize): void { tiles(true, a, last, skip, w, end, c, ldc); }

// One row, 16 columns at a time, then 8: a group of 4 would compute three rows that do not exist. Its
// sums start as a tile's do, so that a row has the same bits either way, the sign of a zero included.
function row(few: bool, a: usize, w: usize, bytes: usize, length: usize, c: usize, n: i32): void {
  for (; n >= 16; n -= 16) {
    const end = w + length;
    let p = a, b = w;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    if (few) {
      const x = v128.load32_splat(p), d = b + bytes;
      s0 = f32x4.mul(x, v128.load(b)); s1 = f32x4.mul(x, v128.load(b, 16));
      s2 = f32x4.mul(x, v128.load(d)); s3 = f32x4.mul(x, v128.load(d, 16));
      p += 16; b += 32;
    }
    while (b < end) {
      const x = v128.load32_splat(p), d = b + bytes;
      s0 = madd(x, v128.load(b), s0); s1 = madd(x, v128.load(b, 16), s1);
      s2 = madd(x, v128.load(d), s2); s3 = madd(x, v128.load(d, 16), s3);
      p += 16; b += 32;
    }
    v128.store(c, s0); v128.store(c, s1, 16); v128.store(c, s2, 32); v128.store(c, s3, 48);
    w += 2 * bytes; c += 64;
  }
  if (n > 0) {
    const end = w + length;
    let s0 = f32x4.splat(0), s1 = s0;
    if (few) {
      const x = v128.load32_splat(a);
      s0 = f32x4.mul(x, v128.load(w)); s1 = f32x4.mul(x, v128.load(w, 16));
      a += 16; w += 32;
    }
    while (w < end) {
      const x = v128.load32_splat(a);
      s0 = madd(x, v128.load(w), s0); s1 = madd(x, v128.load(w, 16), s1);
      a += 16; w += 32;
    }
    v128.store(c, s0); v128.store(c, s1, 16);
  }
}

/** m, n, k: sizes; ldc in floats. */
export function f32_gemm_packed_4x8(a: usize, packed: usize, c: usize, ldc: i32, m: i32, n: i32, k: i32): void {
  f32_gemm_packed_4x8_part(a, packed, c, ldc, m, n, k, 0, k);
}

/** Only the products of from <= k < to, of which there is one at least: the others are known to be zero. */
export function f32_gemm_packed_4x8_part(a: usize, packed: usize, c: usize, ldc: i32, m: i32, n: i32, k: i32, from: i32, to: i32): void {
  const bytes = <usize>k << 5, lc = <usize>ldc << 2, length = <usize>(to - from) << 5, groups = <usize>(m >> 2);
  a += <usize>from << 4; packed += <usize>from << 5;
  const last = a + groups * (<usize>k << 4);
  const few = to - from <= FEW;
  if (m & 3) row(few, last, packed, bytes, length, c + groups * (lc << 2), n);
  if (!groups) return;
  const skip = (bytes - length) >> 1;
  for (; n > 0; n -= 8) {
    if (few) shortPanel(a, last, skip, packed, packed + length, c, lc);
    else panel(a, last, skip, packed, packed + length, c, lc);
    packed += bytes; c += 32;
  }
}
