// f32_outer_4x8: C[M,N] += sum over places p of a[p,m] b[p,n], the product of two tall matrices of the same
//   places: what gradients by weights are, of gradients and inputs.
//   a: panels of four columns [M/4][places][4]; b: panels of eight [N/8][places][8]; C row-major.
// lanes: 8 neighbouring columns of b; the places in order, one rounding per multiply and one per add.
// needs: M % 4 == 0, N % 8 == 0, at least one place; ldc in floats.
import { madd } from "../lanes";

function tile4x8(a: usize, b: usize, end: usize, c0: usize, lc: usize): void {
  const c1 = c0 + lc, c2 = c1 + lc, c3 = c2 + lc;
  let s00 = v128.load(c0), s01 = v128.load(c0, 16), s10 = v128.load(c1), s11 = v128.load(c1, 16);
  let s20 = v128.load(c2), s21 = v128.load(c2, 16), s30 = v128.load(c3), s31 = v128.load(c3, 16);
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let v = v128.load32_splat(a); s00 = madd(v, b0, s00); s01 = madd(v, b1, s01);
    v = v128.load32_splat(a, 4); s10 = madd(v, b0, s10); s11 = madd(v, b1, s11);
    v = v128.load32_splat(a, 8); s20 = madd(v, b0, s20); s21 = madd(v, b1, s21);
    v = v128.load32_splat(a, 12); s30 = madd(v, b0, s30); s31 = madd(v, b1, s31);
    a += 16; b += 32;
  } while (b < end);
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

/** C += a^T b over `places` places, from panels of 4 and of 8 columns. */
export function f32_outer_4x8(a: usize, b: usize, places: i32, c: usize, ldc: i32, m: i32, n: i32): void {
  const step = <usize>places << 4, last = a + step * (<usize>m >> 2), panel = <usize>places << 5;
  for (; n > 0; n -= 8) {
    panelRows(a, step, last, b, b + panel, c, <usize>ldc << 2);
    b += panel; c += 32;
  }
}

/**
 * A tensor's pixels as panels of `side` columns, 4 or 8: [channels / side][height * width][side]. pixel, row: bytes between
 * source pixels, rows. needs: channels % 4 == 0; of a last panel of 8 with 4 channels the other half is left as it is.
 */
export function f32_outer_4x8_pack(src: usize, pixel: usize, row: usize, height: i32, width: i32, channels: i32, side: i32, to: usize): void {
  const step = <usize>side << 2, panel = step * <usize>(height * width);
  for (let c = 0; c < channels; c += 4) {
    let o = to + panel * <usize>(c / side) + (<usize>(c % side) << 2), line = src + (<usize>c << 2);
    for (let y = 0; y < height; y++) {
      let s = line;
      for (let x = 0; x < width; x++) { v128.store(o, v128.load(s)); s += pixel; o += step; }
      line += row;
    }
  }
}
