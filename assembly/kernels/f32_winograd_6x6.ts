// f32_winograd_6x6: convolution NHWC, stride 1, by Winograd's minimal filtering on
//   6x6 input tiles with the points 0, 1, -1, 2, -2, inf: F(4x4,3x3), F(3x3,4x4) and
//   F(2x2,5x5) share the input transform and the 36 GEMMs.
//   Y = A^T [ (G g G^T) . (B^T d B) ] A, then + bias, then an optional ReLU
//
//   B^T  4  0 -5  0  1  0     A^T  1  1  1  1  1  0     (first M rows; the 1 of the
//        0 -4 -4  1  1  0          0  1 -1  2 -2  0      last column stands in row
//        0  4 -4 -1  1  0          0  1  1  4  4  0      M - 1)
//        0 -2 -1  2  1  0          0  1 -1  8 -8  0
//        0  2 -1 -2  1  0     G    1/4; -1/6 (1 1 1 ..); -1/6 (1 -1 1 ..);
//        0  4  0 -5  0  1          1/24 (1 2 4 8 ..); 1/24 (1 -2 4 -8 ..); last tap
//
// lanes: 4 neighbouring channels in the transforms; then 4 tiles are interleaved for
//   f32_gemm_packed_4x8 (a group that runs past the last tile repeats it).
// needs: Cin % 4 == 0, Cout % 4 == 0; the source padded so that every 6x6 tile can be
//   read: (ceil(OH/M)-1)*M + 6 rows and as many columns likewise.
import { transpose4 } from "../lanes";
import { f32_gemm_packed_4x8 } from "./f32_gemm_packed_4x8";

const ROW: usize = 96; // bytes of six vectors

// B^T d B of 4 channels of one tile: 36 vectors at o; t: scratch of 36 vectors.
function inputTile(s: usize, ps: usize, rs: usize, o: usize, t: usize): void {
  const k2 = f32x4.splat(2), k4 = f32x4.splat(4), k5 = f32x4.splat(5);
  const p2 = ps << 1, p3 = p2 + ps, p4 = ps << 2, p5 = p4 + ps;
  const last = t + 6 * ROW, stop = t + ROW;
  let q = t;
  do {
    const d0 = v128.load(s), d1 = v128.load(s + ps), d2 = v128.load(s + p2), d3 = v128.load(s + p3), d4 = v128.load(s + p4), d5 = v128.load(s + p5);
    const a = f32x4.sub(d4, f32x4.mul(k4, d2)), b = f32x4.sub(d3, f32x4.mul(k4, d1)), e = f32x4.sub(d4, d2), f = f32x4.mul(k2, f32x4.sub(d3, d1));
    v128.store(q, f32x4.add(f32x4.sub(f32x4.mul(k4, d0), f32x4.mul(k5, d2)), d4));
    v128.store(q, f32x4.add(a, b), 16); v128.store(q, f32x4.sub(a, b), 32);
    v128.store(q, f32x4.add(e, f), 48); v128.store(q, f32x4.sub(e, f), 64);
    v128.store(q, f32x4.add(f32x4.sub(f32x4.mul(k4, d1), f32x4.mul(k5, d3)), d5), 80);
    s += rs; q += ROW;
  } while (q < last);
  q = t;
  do {
    const d0 = v128.load(q), d1 = v128.load(q, 96), d2 = v128.load(q, 192), d3 = v128.load(q, 288), d4 = v128.load(q, 384), d5 = v128.load(q, 480);
    const a = f32x4.sub(d4, f32x4.mul(k4, d2)), b = f32x4.sub(d3, f32x4.mul(k4, d1)), e = f32x4.sub(d4, d2), f = f32x4.mul(k2, f32x4.sub(d3, d1));
    v128.store(o, f32x4.add(f32x4.sub(f32x4.mul(k4, d0), f32x4.mul(k5, d2)), d4));
    v128.store(o, f32x4.add(a, b), 96); v128.store(o, f32x4.sub(a, b), 192);
    v128.store(o, f32x4.add(e, f), 288); v128.store(o, f32x4.sub(e, f), 384);
    v128.store(o, f32x4.add(f32x4.sub(f32x4.mul(k4, d1), f32x4.mul(k5, d3)), d5), 480);
    q += 16; o += 16;
  } while (q < stop);
}

// 36 planes of 4 tiles x 4 channels -> [plane][4 channels][4 tiles].
function interleave(t: usize, v: usize, plane: usize): void {
  const end = t + 6 * ROW;
  do {
    transpose4(v128.load(t), v128.load(t, 576), v128.load(t, 1152), v128.load(t, 1728), v);
    t += 16; v += plane;
  } while (t < end);
}

function inputGroup(s0: usize, s1: usize, s2: usize, s3: usize, ps: usize, rs: usize, v: usize, plane: usize, cin: i32, t: usize): void {
  const mid = t + 24 * ROW, end = v + (<usize>cin << 4);
  do {
    inputTile(s0, ps, rs, t, mid); inputTile(s1, ps, rs, t + 6 * ROW, mid);
    inputTile(s2, ps, rs, t + 12 * ROW, mid); inputTile(s3, ps, rs, t + 18 * ROW, mid);
    interleave(t, v, plane);
    s0 += 16; s1 += 16; s2 += 16; s3 += 16; v += 64;
  } while (v < end);
}

// A^T m A of one tile, m x m outputs (m is a constant in each caller).
// @ts-ignore: decorator
@inline
function outputTile(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  const k2 = f32x4.splat(2), k4 = f32x4.splat(4), k8 = f32x4.splat(8), z = f32x4.splat(low);
  const p6 = plane * 6, stop = t + ROW, last = t + <usize>m * ROW;
  const end = v + (<usize>cout << 2);
  do {
    let q = t, r = v;
    do {
      let p = r;
      const m0 = v128.load(p); p += p6;
      const m1 = v128.load(p); p += p6;
      const m2 = v128.load(p); p += p6;
      const m3 = v128.load(p); p += p6;
      const m4 = v128.load(p); p += p6;
      const m5 = v128.load(p);
      const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2), e = f32x4.add(m3, m4), f = f32x4.sub(m3, m4);
      v128.store(q, f32x4.add(f32x4.add(m0, a), e));
      let y = f32x4.add(b, f32x4.mul(k2, f));
      if (m == 2) y = f32x4.add(y, m5);
      v128.store(q, y, 96);
      if (m > 2) {
        y = f32x4.add(a, f32x4.mul(k4, e));
        if (m == 3) y = f32x4.add(y, m5);
        v128.store(q, y, 192);
      }
      if (m > 3) v128.store(q, f32x4.add(f32x4.add(b, f32x4.mul(k8, f)), m5), 288);
      q += 16; r += plane;
    } while (q < stop);
    q = t;
    let o = d;
    const bb = v128.load(bias);
    do {
      const m0 = v128.load(q), m1 = v128.load(q, 16), m2 = v128.load(q, 32), m3 = v128.load(q, 48), m4 = v128.load(q, 64), m5 = v128.load(q, 80);
      const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2), e = f32x4.add(m3, m4), f = f32x4.sub(m3, m4);
      v128.store(o, f32x4.pmax(f32x4.add(bb, f32x4.add(f32x4.add(m0, a), e)), z));
      let y = f32x4.add(b, f32x4.mul(k2, f));
      if (m == 2) y = f32x4.add(y, m5);
      v128.store(o + ds, f32x4.pmax(f32x4.add(bb, y), z));
      if (m > 2) {
        y = f32x4.add(a, f32x4.mul(k4, e));
        if (m == 3) y = f32x4.add(y, m5);
        v128.store(o + (ds << 1), f32x4.pmax(f32x4.add(bb, y), z));
      }
      if (m > 3) v128.store(o + ds * 3, f32x4.pmax(f32x4.add(bb, f32x4.add(f32x4.add(b, f32x4.mul(k8, f)), m5)), z));
      q += ROW; o += dr;
    } while (q < last);
    d += 16; v += 16; bias += 16;
  } while (v < end);
}

function outputTile4(v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  outputTile(4, v, plane, d, ds, dr, cout, t, bias, low);
}
function outputTile3(v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  outputTile(3, v, plane, d, ds, dr, cout, t, bias, low);
}
function outputTile2(v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  outputTile(2, v, plane, d, ds, dr, cout, t, bias, low);
}
function outputAny(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  if (m == 4) outputTile4(v, plane, d, ds, dr, cout, t, bias, low);
  else if (m == 3) outputTile3(v, plane, d, ds, dr, cout, t, bias, low);
  else outputTile2(v, plane, d, ds, dr, cout, t, bias, low);
}

// A tile that sticks out of the image: into `edge`, then only what lies inside.
function outputPart(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32, edge: usize, h: i32, w: i32): void {
  const pixel = <usize>cout << 2, row = pixel * m;
  outputAny(m, v, plane, edge, pixel, row, cout, t, bias, low);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) memory.copy(d + <usize>y * dr + <usize>x * ds, edge + <usize>y * row + <usize>x * pixel, pixel);
}

/** Bytes of scratch that f32_winograd_6x6 needs for blocks of `block` tiles. */
export function f32_winograd_scratch(block: i32, cin: i32, cout: i32): usize {
  const wide = <usize>((cout + 7) & ~7);
  return 36 * ((<usize>block * cin << 2) + 64) + 36 * ((<usize>block * wide << 2) + 64) + 30 * ROW + (<usize>cout << 6);
}

/**
 * `src`: padded top left of output (0,0); ps, rs: bytes between source pixels, rows;
 * ds, dr: the same for the destination. m: 4, 3 or 2 outputs a side (kernel 3, 4, 5).
 * `packed`: f32_winograd_pack. `block`: tiles a turn, a multiple of 4.
 */
export function f32_winograd_6x6(src: usize, ps: usize, rs: usize, cin: i32, packed: usize, bias: usize, dst: usize, ds: usize, dr: usize, oh: i32, ow: i32, cout: i32, m: i32, relu: i32, block: i32, scratch: usize): void {
  const low: f32 = relu ? 0 : -Infinity;
  const wide = (cout + 7) & ~7;
  const vp = (<usize>(block * cin) << 2) + 64, mp = (<usize>(block * wide) << 2) + 64;
  const vbuf = scratch, mbuf = vbuf + 36 * vp, tmp = mbuf + 36 * mp, edge = tmp + 30 * ROW;
  const tw = (ow + m - 1) / m, tiles = tw * ((oh + m - 1) / m);
  const up = <usize>(cin * wide) << 2, group = <usize>cin << 4, mrow = <usize>wide << 2;
  const tileY = <usize>m * rs, tileX = <usize>m * ps;
  for (let first = 0; first < tiles; first += block) {
    const n = min(block, tiles - first);
    let v = vbuf;
    for (let i = first; i < first + n; i += 4) {
      const i1 = min(i + 1, tiles - 1), i2 = min(i + 2, tiles - 1), i3 = min(i + 3, tiles - 1);
      inputGroup(
        src + <usize>(i / tw) * tileY + <usize>(i % tw) * tileX, src + <usize>(i1 / tw) * tileY + <usize>(i1 % tw) * tileX,
        src + <usize>(i2 / tw) * tileY + <usize>(i2 % tw) * tileX, src + <usize>(i3 / tw) * tileY + <usize>(i3 % tw) * tileX,
        ps, rs, v, vp, cin, tmp);
      v += group;
    }
    for (let p: usize = 0; p < 36; p++) f32_gemm_packed_4x8(vbuf + vp * p, packed + up * p, mbuf + mp * p, wide, (n + 3) & ~3, wide, cin);
    for (let i = 0; i < n; i++) {
      const y = (first + i) / tw * m, x = (first + i) % tw * m;
      const r = mbuf + <usize>i * mrow, d = dst + <usize>y * dr + <usize>x * ds;
      if (y + m <= oh && x + m <= ow) outputAny(m, r, mp, d, ds, dr, cout, tmp, bias, low);
      else outputPart(m, r, mp, d, ds, dr, cout, tmp, bias, low, edge, min(m, oh - y), min(m, ow - x));
    }
  }
}

// G applied to r taps at p, `step` bytes apart: 6 f64 at o, `to` bytes apart.
function transformTaps(p: usize, step: usize, r: i32, o: usize, to: usize): void {
  const g0 = load<f64>(p), g1 = load<f64>(p + step), g2 = load<f64>(p + 2 * step);
  let even = g0 + g2, odd = g1, even2 = g0 + 4 * g2, odd2 = 2 * g1, last = g2;
  if (r > 3) { const g3 = load<f64>(p + 3 * step); odd += g3; odd2 += 8 * g3; last = g3; }
  if (r > 4) { const g4 = load<f64>(p + 4 * step); even += g4; even2 += 16 * g4; last = g4; }
  store<f64>(o, g0 / 4); o += to;
  store<f64>(o, (even + odd) / -6); o += to;
  store<f64>(o, (even - odd) / -6); o += to;
  store<f64>(o, (even2 + odd2) / 24); o += to;
  store<f64>(o, (even2 - odd2) / 24); o += to;
  store<f64>(o, last);
}

// One r x r filter, f64 at g: 36 values, `plane` bytes apart. mid: 6 * r f64, line: 6 f64.
function packFilter(g: usize, r: i32, mid: usize, line: usize, out: usize, plane: usize): void {
  const row = <usize>r << 3;
  for (let x = 0; x < r; x++) transformTaps(g + (<usize>x << 3), row, r, mid + (<usize>x << 3), row);
  for (let i = 0; i < 6; i++) {
    transformTaps(mid, 8, r, line, 8);
    for (let j: usize = 0; j < 48; j += 8) { store<f32>(out, <f32>load<f64>(line + j)); out += plane; }
    mid += row;
  }
}

/**
 * w[Cout,Cin,r,r] -> G g G^T as [36][ceil(Cout/8)][Cin][8], zero-padded; computed in f64,
 * rounded once. r: 3, 4 or 5. `scratch`: 61 f64.
 */
export function f32_winograd_pack(w: usize, out: usize, cout: i32, cin: i32, r: i32, scratch: usize): void {
  const wide = (cout + 7) & ~7, plane = <usize>(cin * wide) << 2, mid = scratch + 200, line = mid + 240;
  for (let f = 0; f < wide; f++)
    for (let c = 0; c < cin; c++) {
      for (let k = 0; k < r * r; k++) {
        store<f64>(scratch + (<usize>k << 3), f < cout ? <f64>load<f32>(w) : 0);
        if (f < cout) w += 4;
      }
      packFilter(scratch, r, mid, line, out + (<usize>((f >> 3) * cin * 8 + c * 8 + (f & 7)) << 2), plane);
    }
}
