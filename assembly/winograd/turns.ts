// What f32_winograd_6x6 and f32_winograd_8x8 share: turns of `block` tiles, whose
// transformed pixels and products stay in the L2 cache; `edge` (6 or 8) is a constant in
// each caller. The number of tiles a turn changes no bit.
//
// Short tiles. Where the image ends after h < M outputs of the last row (column) of tiles,
// fewer points do: h + r - 1, rounded up to 4 or 6. G's row of a point is (1 p p^2 ..) times a
// number, so the weights of the points that remain serve unchanged, and B^T takes up the
// other number. The planes of the points left out are not computed for those tiles; so the
// tiles come in the order: whole ones, right column, bottom row, corner.
//
// Folded kernels. Of a 7x7 kernel of stride 2, folded to 4x4 over 2x2 pixels, the odd rows and columns
// have 3 taps, and the weights of the last point, which are the last taps, are zeros there. The channels
// come in the quarters (even row, odd column), (even, even), (odd, even), (odd, odd), so that those
// which are not zero lie side by side: the first half in the last row of points, the middle in the last column.
import { f32_gemm_packed_4x8_part } from "../kernels/f32_gemm_packed_4x8";
import { inputGroup6, output6 } from "./tile6";
import { inputGroup8, output8 } from "./tile8";

// Points of the last row (column) of tiles, where `left` of its m outputs exist.
function points(edge: i32, m: i32, left: i32): i32 {
  if (edge == 8) return m == 6 && left <= 2 ? 4 : left <= m - 2 && m != 5 ? 6 : 8;
  return m == 4 && left <= 2 ? 4 : 6;
}

// @ts-ignore: decorator
@inline
function output(edge: i32, m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32, ey: i32, ex: i32): void {
  if (edge == 8) output8(m, v, plane, d, ds, dr, cout, t, bias, low, ey, ex);
  else output6(m, v, plane, d, ds, dr, cout, t, bias, low, ey, ex);
}

// A tile that sticks out of the image: into `aside`, then only what lies inside.
// @ts-ignore: decorator
@inline
function outputPart(edge: i32, m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32, ey: i32, ex: i32, aside: usize, h: i32, w: i32): void {
  const pixel = <usize>cout << 2, row = pixel * <usize>m;
  output(edge, m, v, plane, aside, pixel, row, cout, t, bias, low, ey, ex);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) memory.copy(d + <usize>y * dr + <usize>x * ds, aside + <usize>y * row + <usize>x * pixel, pixel);
}

/** Bytes of scratch: transformed pixels, products, tiles being transformed, one tile aside. */
// @ts-ignore: decorator
@inline
export function scratchOf(edge: usize, block: i32, cin: i32, cout: i32): usize {
  const wide = <usize>((cout + 7) & ~7), side = <usize>(edge - 2);
  // V of a whole group and M of one row more than a block, for the tile that would be left over.
  return <usize>(edge * edge) * ((<usize>(block + 4) * <usize>cin + <usize>(block + 1) * wide << 2) + 128 + 80) + side * side * (<usize>cout << 2);
}

// Rows from <= row < to of one plane, in whole groups of 4, but for a single last one.
function product(v: usize, u: usize, m: usize, from: i32, to: i32, wide: i32, cin: i32, k0: i32, k1: i32): void {
  from &= ~3;
  let rows = to - from;
  if (rows & 2) rows = (rows + 3) & ~3;
  if (rows > 0) f32_gemm_packed_4x8_part(v + (<usize>(from * cin) << 2), u, m + (<usize>(from * wide) << 2), wide, rows, wide, cin, k0, k1);
}

// @ts-ignore: decorator
@inline
export function turns(edge: i32, src: usize, ps: usize, rs: usize, cin: i32, packed: usize, bias: usize, dst: usize, ds: usize, dr: usize, oh: i32, ow: i32, cout: i32, m: i32, low: f32, fold: bool, block: i32, scratch: usize): void {
  const wide = (cout + 7) & ~7, planes = edge * edge;
  const vp = (<usize>((block + 4) * cin) << 2) + 64, mp = (<usize>((block + 1) * wide) << 2) + 64;
  const vbuf = scratch, mbuf = vbuf + <usize>planes * vp, tmp = mbuf + <usize>planes * mp, aside = tmp + 80 * <usize>planes;
  const tw = (ow + m - 1) / m, th = (oh + m - 1) / m, tiles = tw * th;
  const bottom = points(edge, m, oh - (th - 1) * m), right = points(edge, m, ow - (tw - 1) * m);
  const ny = th - i32(bottom < edge), nx = tw - i32(right < edge);
  const whole = ny * nx, sides = ny * tw, bottoms = sides + (th - ny) * nx;
  const up = (<usize>(cin * wide) << 2) + 64, group = <usize>cin << 4, mrow = <usize>wide << 2;
  const tileY = <usize>m * rs, tileX = <usize>m * ps;
  for (let first = 0, n = 0; first < tiles; first += n) {
    n = min(block, tiles - first);
    if (first + n == tiles - 1) n++; // alone, it would read all weights again
    let v = vbuf;
    for (let i = first; i < first + n; i += 4) {
      const i1 = min(i + 1, tiles - 1), i2 = min(i + 2, tiles - 1), i3 = min(i + 3, tiles - 1);
      const y0 = rowOf(i, whole, sides, ny, nx), y1 = rowOf(i1, whole, sides, ny, nx), y2 = rowOf(i2, whole, sides, ny, nx), y3 = rowOf(i3, whole, sides, ny, nx);
      const x0 = columnOf(i, whole, sides, nx), x1 = columnOf(i1, whole, sides, nx), x2 = columnOf(i2, whole, sides, nx), x3 = columnOf(i3, whole, sides, nx);
      const s0 = src + <usize>y0 * tileY + <usize>x0 * tileX, s1 = src + <usize>y1 * tileY + <usize>x1 * tileX;
      const s2 = src + <usize>y2 * tileY + <usize>x2 * tileX, s3 = src + <usize>y3 * tileY + <usize>x3 * tileX;
      const ey0 = y0 < ny ? edge : bottom, ey1 = y1 < ny ? edge : bottom, ey2 = y2 < ny ? edge : bottom, ey3 = y3 < ny ? edge : bottom;
      const ex0 = x0 < nx ? edge : right, ex1 = x1 < nx ? edge : right, ex2 = x2 < nx ? edge : right, ex3 = x3 < nx ? edge : right;
      if (edge == 8) inputGroup8(s0, s1, s2, s3, ey0, ex0, ey1, ex1, ey2, ex2, ey3, ex3, ps, rs, v, vp, cin, tmp);
      else inputGroup6(s0, s1, s2, s3, ey0, ex0, ey1, ex1, ey2, ex2, ey3, ex3, ps, rs, v, vp, cin, tmp);
      v += group;
    }
    for (let p = 0; p < planes; p++) {
      const i = p / edge, j = p % edge;
      const noBottom = i >= bottom - 1 && i < edge - 1, noRight = j >= right - 1 && j < edge - 1;
      const pv = vbuf + vp * <usize>p, pu = packed + up * <usize>p, pm = mbuf + mp * <usize>p;
      const k0 = fold && j == edge - 1 ? cin >> 2 : 0;
      const k1 = !fold ? cin : i == edge - 1 ? cin >> 1 : j == edge - 1 ? cin - (cin >> 2) : cin;
      product(pv, pu, pm, 0, min(n, (noRight ? whole : noBottom ? sides : tiles) - first), wide, cin, k0, k1);
      if (noRight && !noBottom) product(pv, pu, pm, max(0, sides - first), min(n, bottoms - first), wide, cin, k0, k1);
    }
    for (let i = 0; i < n; i++) {
      const ty = rowOf(first + i, whole, sides, ny, nx), tx = columnOf(first + i, whole, sides, nx);
      const ey = ty < ny ? edge : bottom, ex = tx < nx ? edge : right;
      const y = ty * m, x = tx * m, h = m - edge + ey, w = m - edge + ex;
      const r = mbuf + <usize>i * mrow, d = dst + <usize>y * dr + <usize>x * ds;
      if (y + h <= oh && x + w <= ow) output(edge, m, r, mp, d, ds, dr, cout, tmp, bias, low, ey, ex);
      else outputPart(edge, m, r, mp, d, ds, dr, cout, tmp, bias, low, ey, ex, aside, min(h, oh - y), min(w, ow - x));
    }
  }
}

// Row and column of the i-th tile in the order of the header.
function rowOf(i: i32, whole: i32, sides: i32, ny: i32, nx: i32): i32 {
  return i < whole ? i / nx : i < sides ? i - whole : ny;
}
function columnOf(i: i32, whole: i32, sides: i32, nx: i32): i32 {
  return i < whole ? i % nx : i < sides ? nx : min(i - sides, nx);
}
