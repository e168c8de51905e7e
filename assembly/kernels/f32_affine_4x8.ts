// f32_affine_4x8: Y[M,N] = X[M,K] W[K,N] + bias, one row a token. The rows are packed in groups of 4
//   [M/4][block][4], a block of k at a time, so that a panel of W stays in the first cache; sums go on in Y from
//   block to block. k runs in order from the bias: a row has the same bits whatever rows are beside it.
// lanes: 8 neighbouring columns of one row; 16 where there is one row.
// needs: W in panels of 8 columns [N/8][K][8] (f32_gemm_pack8 of [K,N], f32_affine_pack8 of [N,K]).
import { madd, transpose4 } from "../lanes";

const BLOCK: i32 = 768;
const ROWS: i32 = 128;

// start: what the sums of the four rows begin from: the bias for all, or each row's own.
// @ts-ignore: decorator
@inline
function tile(a: usize, b: usize, end: usize, s0: usize, s1: usize, s2: usize, s3: usize, c0: usize, c1: usize, c2: usize, c3: usize): void {
  let s00 = v128.load(s0), s01 = v128.load(s0, 16), s10 = v128.load(s1), s11 = v128.load(s1, 16);
  let s20 = v128.load(s2), s21 = v128.load(s2, 16), s30 = v128.load(s3), s31 = v128.load(s3, 16);
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
    x = v128.load32_splat(a, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
    x = v128.load32_splat(a, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
    x = v128.load32_splat(a, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
    a += 16; b += 32;
  } while (b < end);
  v128.store(c0, s00); v128.store(c0, s01, 16); v128.store(c1, s10); v128.store(c1, s11, 16);
  v128.store(c2, s20); v128.store(c2, s21, 16); v128.store(c3, s30); v128.store(c3, s31, 16);
}

// One panel of columns, whole groups of rows. first: the sums begin from the bias.
function panel(a: usize, last: usize, group: usize, b: usize, end: usize, bias: usize, first: i32, c: usize, ldc: usize): void {
  do {
    const c1 = c + ldc, c2 = c1 + ldc, c3 = c2 + ldc;
    tile(a, b, end, first ? bias : c, first ? bias : c1, first ? bias : c2, first ? bias : c3, c, c1, c2, c3);
    a += group; c += ldc << 2;
  } while (a < last);
}

// A group of 1 to 4 rows, 1 to 8 columns of which are there, by way of `edge` [4][8].
function part(a: usize, b: usize, end: usize, bias: usize, first: i32, c: usize, ldc: usize, rows: i32, columns: i32, edge: usize): void {
  const bytes = <usize>columns << 2;
  if (!first) for (let i = 0; i < rows; i++) memory.copy(edge + (<usize>i << 5), c + <usize>i * ldc, bytes);
  tile(a, b, end, first ? bias : edge, first ? bias : edge + 32, first ? bias : edge + 64, first ? bias : edge + 96, edge, edge + 32, edge + 64, edge + 96);
  for (let i = 0; i < rows; i++) memory.copy(c + <usize>i * ldc, edge + (<usize>i << 5), bytes);
}

// Four rows of k floats (rows that are not there repeat the first), to [k][4].
function packGroup(x: usize, pixel: usize, rows: i32, k: i32, a: usize): void {
  let p0 = x, p1 = rows > 1 ? x + pixel : x, p2 = rows > 2 ? x + 2 * pixel : x, p3 = rows > 3 ? x + 3 * pixel : x;
  for (; k >= 4; k -= 4) {
    transpose4(v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3), a);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16; a += 64;
  }
  for (; k > 0; k--) {
    store<f32>(a, load<f32>(p0)); store<f32>(a, load<f32>(p1), 4); store<f32>(a, load<f32>(p2), 8); store<f32>(a, load<f32>(p3), 12);
    p0 += 4; p1 += 4; p2 += 4; p3 += 4; a += 16;
  }
}

// One row, two panels at a time.
function pair(x: usize, b: usize, end: usize, bytes: usize, bias: usize, y: usize): void {
  let s0 = v128.load(bias), s1 = v128.load(bias, 16), s2 = v128.load(bias, 32), s3 = v128.load(bias, 48);
  do {
    const v = v128.load32_splat(x), d = b + bytes;
    s0 = madd(v, v128.load(b), s0); s1 = madd(v, v128.load(b, 16), s1);
    s2 = madd(v, v128.load(d), s2); s3 = madd(v, v128.load(d, 16), s3);
    x += 4; b += 32;
  } while (b < end);
  v128.store(y, s0); v128.store(y, s1, 16); v128.store(y, s2, 32); v128.store(y, s3, 48);
}

function rowsOf(x: usize, pixel: usize, m: i32, k: i32, packed: usize, bias: usize, y: usize, ldc: usize, n: i32, scratch: usize): void {
  const bytes = <usize>k << 5, a = scratch + 128, whole = m >> 2, rest = m & 3;
  for (let from = 0; from < k; from += BLOCK) {
    const length = min(BLOCK, k - from), group = <usize>length << 4, first = from == 0 ? 1 : 0;
    for (let i = 0; i < m; i += 4)
      packGroup(x + <usize>i * pixel + (<usize>from << 2), pixel, m - i, length, a + <usize>(i >> 2) * group);
    const last = a + <usize>whole * group, below = y + <usize>(whole << 2) * ldc;
    let b = packed + (<usize>from << 5), at: usize = 0, left = n;
    for (; left >= 8; left -= 8) {
      const end = b + (<usize>length << 5);
      if (whole) panel(a, last, group, b, end, bias + at, first, y + at, ldc);
      if (rest) part(last, b, end, bias + at, first, below + at, ldc, rest, 8, scratch);
      b += bytes; at += 32;
    }
    if (left > 0) {
      const end = b + (<usize>length << 5);
      for (let i = 0; i < m; i += 4)
        part(a + <usize>(i >> 2) * group, b, end, bias + at, first, y + <usize>i * ldc + at, ldc, min(4, m - i), left, scratch);
    }
  }
}

/** Bytes of scratch for m rows of k values. */
export function f32_affine_4x8_scratch(m: i32, k: i32): usize {
  return 128 + (<usize>((min(m, ROWS) + 3) & ~3) << 2) * <usize>min(k, BLOCK);
}

/** m, n, k >= 1. pixel, yPixel: bytes between rows. bias: n rounded up to 8 floats. Not in place. */
export function f32_affine_4x8(x: usize, pixel: usize, m: i32, k: i32, packed: usize, bias: usize, y: usize, yPixel: usize, n: i32, scratch: usize): void {
  if (m == 1) {
    const bytes = <usize>k << 5;
    for (; n >= 16; n -= 16) { pair(x, packed, packed + bytes, bytes, bias, y); packed += bytes << 1; bias += 64; y += 64; }
    if (n > 0) rowsOf(x, pixel, 1, k, packed, bias, y, yPixel, n, scratch);
    return;
  }
  for (; m > 0; m -= ROWS) {
    rowsOf(x, pixel, min(m, ROWS), k, packed, bias, y, yPixel, n, scratch);
    x += <usize>ROWS * pixel; y += <usize>ROWS * yPixel;
  }
}
