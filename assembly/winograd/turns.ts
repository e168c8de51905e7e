// What f32_winograd_6x6 and f32_winograd_8x8 share: turns of `block` tiles, whose
// transformed pixels and products stay in the L2 cache; `edge` (6 or 8) is a constant in
// each caller. The number of tiles a turn changes no bit.
import { f32_gemm_packed_4x8 } from "../kernels/f32_gemm_packed_4x8";
import { inputGroup6, output6 } from "./tile6";
import { inputGroup8, output8 } from "./tile8";

// @ts-ignore: decorator
@inline
function output(edge: usize, m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  if (edge == 8) output8(m, v, plane, d, ds, dr, cout, t, bias, low);
  else output6(m, v, plane, d, ds, dr, cout, t, bias, low);
}

// A tile that sticks out of the image: into `aside`, then only what lies inside.
// @ts-ignore: decorator
@inline
function outputPart(edge: usize, m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32, aside: usize, h: i32, w: i32): void {
  const pixel = <usize>cout << 2, row = pixel * m;
  output(edge, m, v, plane, aside, pixel, row, cout, t, bias, low);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) memory.copy(d + <usize>y * dr + <usize>x * ds, aside + <usize>y * row + <usize>x * pixel, pixel);
}

/** Bytes of scratch: transformed pixels, products, tiles being transformed, one tile aside. */
// @ts-ignore: decorator
@inline
export function scratchOf(edge: usize, block: i32, cin: i32, cout: i32): usize {
  const wide = <usize>((cout + 7) & ~7), side = edge - 2;
  return edge * edge * ((<usize>block * (<usize>cin + wide) << 2) + 128 + 80) + side * side * (<usize>cout << 2);
}

// @ts-ignore: decorator
@inline
export function turns(edge: usize, src: usize, ps: usize, rs: usize, cin: i32, packed: usize, bias: usize, dst: usize, ds: usize, dr: usize, oh: i32, ow: i32, cout: i32, m: i32, low: f32, block: i32, scratch: usize): void {
  const wide = (cout + 7) & ~7, planes = edge * edge;
  const vp = (<usize>(block * cin) << 2) + 64, mp = (<usize>(block * wide) << 2) + 64;
  const vbuf = scratch, mbuf = vbuf + planes * vp, tmp = mbuf + planes * mp, aside = tmp + 80 * planes;
  const tw = (ow + m - 1) / m, tiles = tw * ((oh + m - 1) / m);
  const up = <usize>(cin * wide) << 2, group = <usize>cin << 4, mrow = <usize>wide << 2;
  const tileY = <usize>m * rs, tileX = <usize>m * ps;
  for (let first = 0; first < tiles; first += block) {
    const n = min(block, tiles - first);
    let v = vbuf;
    for (let i = first; i < first + n; i += 4) {
      const i1 = min(i + 1, tiles - 1), i2 = min(i + 2, tiles - 1), i3 = min(i + 3, tiles - 1);
      const s0 = src + <usize>(i / tw) * tileY + <usize>(i % tw) * tileX, s1 = src + <usize>(i1 / tw) * tileY + <usize>(i1 % tw) * tileX;
      const s2 = src + <usize>(i2 / tw) * tileY + <usize>(i2 % tw) * tileX, s3 = src + <usize>(i3 / tw) * tileY + <usize>(i3 % tw) * tileX;
      if (edge == 8) inputGroup8(s0, s1, s2, s3, ps, rs, v, vp, cin, tmp);
      else inputGroup6(s0, s1, s2, s3, ps, rs, v, vp, cin, tmp);
      v += group;
    }
    for (let p: usize = 0; p < planes; p++) f32_gemm_packed_4x8(vbuf + vp * p, packed + up * p, mbuf + mp * p, wide, (n + 3) & ~3, wide, cin);
    for (let i = 0; i < n; i++) {
      const y = (first + i) / tw * m, x = (first + i) % tw * m;
      const r = mbuf + <usize>i * mrow, d = dst + <usize>y * dr + <usize>x * ds;
      if (y + m <= oh && x + m <= ow) output(edge, m, r, mp, d, ds, dr, cout, tmp, bias, low);
      else outputPart(edge, m, r, mp, d, ds, dr, cout, tmp, bias, low, aside, min(m, oh - y), min(m, ow - x));
    }
  }
}
