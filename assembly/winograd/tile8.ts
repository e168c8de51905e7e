// The transforms of f32_winograd_8x8; its header has the matrices. `ey`, `ex`: how many rows
// and columns of points a tile uses, 8, 6 or 4 (turns.ts explains the shorter ones).
import { interleave } from "./interleave";

const ROW: usize = 128; // bytes of eight vectors

// One pass of B^T: eight vectors, ROW bytes apart at o.
// @ts-ignore: decorator
@inline
function line8(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, o: usize): void {
  const q = f32x4.splat(0.25), h = f32x4.splat(0.5), k4 = f32x4.splat(4), k17 = f32x4.splat(4.25), k21 = f32x4.splat(5.25);
  v128.store(o, f32x4.add(f32x4.sub(d0, d6), f32x4.mul(k21, f32x4.sub(d4, d2))));
  let e = f32x4.sub(f32x4.add(d2, d6), f32x4.mul(k17, d4)), f = f32x4.sub(f32x4.add(d1, d5), f32x4.mul(k17, d3));
  v128.store(o, f32x4.add(e, f), 128); v128.store(o, f32x4.sub(e, f), 256);
  const k5 = f32x4.splat(5), u = f32x4.mul(k5, d4), w = f32x4.mul(k5, d3);
  e = f32x4.add(d6, f32x4.mul(q, f32x4.sub(d2, u))); f = f32x4.mul(h, f32x4.add(f32x4.sub(d1, w), f32x4.mul(k4, d5)));
  v128.store(o, f32x4.add(e, f), 384); v128.store(o, f32x4.sub(e, f), 512);
  e = f32x4.add(d6, f32x4.sub(f32x4.mul(k4, d2), u)); f = f32x4.mul(h, f32x4.add(f32x4.sub(f32x4.mul(k4, d1), w), d5));
  v128.store(o, f32x4.add(e, f), 640); v128.store(o, f32x4.sub(e, f), 768);
  v128.store(o, f32x4.add(f32x4.sub(d7, d1), f32x4.mul(k21, f32x4.sub(d3, d5))), 896);
}

// With the points 0, 1, -1, 2, -2, inf: the rows of the 6x6 tile's B^T times 1/4, 3/4, 15/4, 1.
// @ts-ignore: decorator
@inline
function line6(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, o: usize): void {
  const k4 = f32x4.splat(4), k5 = f32x4.splat(5), k = f32x4.splat(0.75);
  v128.store(o, f32x4.add(d0, f32x4.mul(f32x4.splat(0.25), f32x4.sub(d4, f32x4.mul(k5, d2)))));
  let e = f32x4.mul(k, f32x4.sub(d4, f32x4.mul(k4, d2))), f = f32x4.mul(k, f32x4.sub(d3, f32x4.mul(k4, d1)));
  v128.store(o, f32x4.add(e, f), 128); v128.store(o, f32x4.sub(e, f), 256);
  e = f32x4.mul(f32x4.splat(3.75), f32x4.sub(d4, d2)); f = f32x4.mul(f32x4.splat(7.5), f32x4.sub(d3, d1));
  v128.store(o, f32x4.add(e, f), 384); v128.store(o, f32x4.sub(e, f), 512);
  v128.store(o, f32x4.add(f32x4.sub(f32x4.mul(k4, d1), f32x4.mul(k5, d3)), d5), 896);
}

// With the points 0, 1, -1, inf: (1 0 -1 0), -9/4 (0 1 1 0), -9/4 (0 -1 1 0), (0 -1 0 1).
// @ts-ignore: decorator
@inline
function line4(d0: v128, d1: v128, d2: v128, d3: v128, o: usize): void {
  const k = f32x4.splat(-2.25), a = f32x4.mul(k, d2), b = f32x4.mul(k, d1);
  v128.store(o, f32x4.sub(d0, d2));
  v128.store(o, f32x4.add(a, b), 128); v128.store(o, f32x4.sub(a, b), 256);
  v128.store(o, f32x4.sub(d3, d1), 896);
}

// B^T d B of 4 channels of one tile: 64 vectors at o; t: scratch of 64 vectors (transposed).
function inputTile(s: usize, ps: usize, rs: usize, o: usize, t: usize, ey: i32, ex: i32): void {
  const p2 = ps << 1, p3 = p2 + ps, p4 = ps << 2, p5 = p4 + ps, p6 = p3 << 1, p7 = p6 + ps;
  const last = t + 8 * ROW, stop = t + (<usize>ey << 4);
  let q = t;
  if (ex == 8) do {
    line8(
      v128.load(s), v128.load(s + ps), v128.load(s + p2), v128.load(s + p3),
      v128.load(s + p4), v128.load(s + p5), v128.load(s + p6), v128.load(s + p7), q);
    s += rs; q += 16;
  } while (q < stop);
  else if (ex == 6) do {
    line6(v128.load(s), v128.load(s + ps), v128.load(s + p2), v128.load(s + p3), v128.load(s + p4), v128.load(s + p5), q);
    s += rs; q += 16;
  } while (q < stop);
  else do {
    line4(v128.load(s), v128.load(s + ps), v128.load(s + p2), v128.load(s + p3), q);
    s += rs; q += 16;
  } while (q < stop);
  q = t;
  if (ey == 8) do {
    line8(
      v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48),
      v128.load(q, 64), v128.load(q, 80), v128.load(q, 96), v128.load(q, 112), o);
    q += ROW; o += 16;
  } while (q < last);
  else if (ey == 6) do {
    line6(v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48), v128.load(q, 64), v128.load(q, 80), o);
    q += ROW; o += 16;
  } while (q < last);
  else do {
    line4(v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48), o);
    q += ROW; o += 16;
  } while (q < last);
}

export function inputGroup8(s0: usize, s1: usize, s2: usize, s3: usize, y0: i32, x0: i32, y1: i32, x1: i32, y2: i32, x2: i32, y3: i32, x3: i32, ps: usize, rs: usize, v: usize, plane: usize, cin: i32, t: usize): void {
  const mid = t + 32 * ROW, end = v + (<usize>cin << 4);
  do {
    inputTile(s0, ps, rs, t, mid, y0, x0); inputTile(s1, ps, rs, t + 8 * ROW, mid, y1, x1);
    inputTile(s2, ps, rs, t + 16 * ROW, mid, y2, x2); inputTile(s3, ps, rs, t + 24 * ROW, mid, y3, x3);
    interleave(8, t, v, plane);
    s0 += 16; s1 += 16; s2 += 16; s3 += 16; v += 64;
  } while (v < end);
}

// @ts-ignore: decorator
@inline
function put(o: usize, y: v128, last: bool, low: v128): void {
  v128.store(o, last ? f32x4.pmax(y, low) : y);
}

// One pass of A^T over e points, m outputs: `step` bytes apart at o; with `last`, ReLU.
// The powers of two come by repeated multiplication, and twice a sum as half of four times it: exact,
// three constants for nine, and multipliers are idle where adders are not.
// @ts-ignore: decorator
@inline
function outLine(e: i32, m: i32, last: bool, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, m6: v128, m7: v128, o: usize, step: usize, low: v128): void {
  const k4 = f32x4.splat(4), q = f32x4.splat(0.25), half = f32x4.splat(0.5);
  const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2);
  if (e == 4) {
    put(o, f32x4.add(m0, a), last, low); put(o + step, f32x4.add(b, m7), last, low);
    return;
  }
  let c = f32x4.add(m3, m4), d = f32x4.sub(m3, m4), g = m0, h = m0;
  if (e == 8) { g = f32x4.add(m5, m6); h = f32x4.sub(m5, m6); }
  put(o, f32x4.add(f32x4.add(m0, a), e == 8 ? f32x4.add(c, g) : c), last, low); o += step;
  d = e == 8 ? f32x4.mul(k4, d) : f32x4.add(d, d);
  let y = f32x4.add(b, e == 8 ? f32x4.mul(half, f32x4.add(d, h)) : d);
  if (m == 2) y = f32x4.add(y, m7);
  put(o, y, last, low); o += step;
  if (m > 2) {
    c = f32x4.mul(k4, c); d = f32x4.mul(k4, d);
    if (e == 8) { g = f32x4.mul(q, g); h = f32x4.mul(q, h); }
    put(o, f32x4.add(a, e == 8 ? f32x4.add(c, g) : c), last, low); o += step;
    y = f32x4.add(b, e == 8 ? f32x4.mul(half, f32x4.add(d, h)) : d);
    if (m == 4) y = f32x4.add(y, m7);
    put(o, y, last, low); o += step;
  }
  if (m > 4) {
    c = f32x4.mul(k4, c); g = f32x4.mul(q, g);
    y = f32x4.add(a, f32x4.add(c, g));
    if (m == 5) y = f32x4.add(y, m7);
    put(o, y, last, low); o += step;
  }
  if (m > 5) {
    d = f32x4.mul(k4, d); h = f32x4.mul(q, h);
    put(o, f32x4.add(f32x4.add(b, f32x4.mul(half, f32x4.add(d, h))), m7), last, low);
  }
}

// @ts-ignore: decorator
@inline
function columns(e: i32, m: i32, v: usize, plane: usize, t: usize): void {
  const z = f32x4.splat(0), p8 = plane << 3, stop = t + ROW;
  do {
    let p = v, m3 = z, m4 = z, m5 = z, m6 = z;
    const m0 = v128.load(p); p += p8;
    const m1 = v128.load(p); p += p8;
    const m2 = v128.load(p); p += p8;
    if (e > 4) { m3 = v128.load(p); p += p8; m4 = v128.load(p); p += p8; }
    else p += 2 * p8;
    if (e > 6) { m5 = v128.load(p); p += p8; m6 = v128.load(p); p += p8; }
    else p += 2 * p8;
    outLine(e, m, false, m0, m1, m2, m3, m4, m5, m6, v128.load(p), t, ROW, z);
    t += 16; v += plane;
  } while (t < stop);
}

// @ts-ignore: decorator
@inline
function rows(e: i32, m: i32, t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void {
  const z = f32x4.splat(low);
  do {
    let m3 = z, m4 = z, m5 = z, m6 = z;
    if (e > 4) { m3 = v128.load(t, 48); m4 = v128.load(t, 64); }
    if (e > 6) { m5 = v128.load(t, 80); m6 = v128.load(t, 96); }
    outLine(e, m, true, v128.load(t), v128.load(t, 16), v128.load(t, 32), m3, m4, m5, m6, v128.load(t, 112), d, ds, z);
    t += ROW; d += dr;
  } while (t < last);
}

// Each form a function of its own: inlined together, binaryen folds them into one full of branches.
function columns86(v: usize, plane: usize, t: usize): void { columns(8, 6, v, plane, t); }
function columns64(v: usize, plane: usize, t: usize): void { columns(6, 4, v, plane, t); }
function columns42(v: usize, plane: usize, t: usize): void { columns(4, 2, v, plane, t); }
function columns85(v: usize, plane: usize, t: usize): void { columns(8, 5, v, plane, t); }
function columns84(v: usize, plane: usize, t: usize): void { columns(8, 4, v, plane, t); }
function columns62(v: usize, plane: usize, t: usize): void { columns(6, 2, v, plane, t); }
function rows86(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(8, 6, t, last, d, ds, dr, low); }
function rows64(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(6, 4, t, last, d, ds, dr, low); }
function rows42(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(4, 2, t, last, d, ds, dr, low); }
function rows85(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(8, 5, t, last, d, ds, dr, low); }
function rows84(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(8, 4, t, last, d, ds, dr, low); }
function rows62(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(6, 2, t, last, d, ds, dr, low); }

// A^T m A of one tile, m x m outputs, fewer where ey, ex are below 8. The bias goes into the product of the
// point (1, 1), which every output contains once: one addition for m x m.
export function output8(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32, ey: i32, ex: i32): void {
  const last = t + <usize>(m - 8 + ey) * ROW, end = v + (<usize>cout << 2), one: usize = 9 * plane;
  do {
    v128.store(v + one, f32x4.add(v128.load(v + one), v128.load(bias)));
    if (m == 6) {
      if (ey == 8) columns86(v, plane, t);
      else if (ey == 6) columns64(v, plane, t);
      else columns42(v, plane, t);
      if (ex == 8) rows86(t, last, d, ds, dr, low);
      else if (ex == 6) rows64(t, last, d, ds, dr, low);
      else rows42(t, last, d, ds, dr, low);
    } else if (m == 5) {
      columns85(v, plane, t);
      rows85(t, last, d, ds, dr, low);
    } else {
      if (ey == 8) columns84(v, plane, t);
      else columns62(v, plane, t);
      if (ex == 8) rows84(t, last, d, ds, dr, low);
      else rows62(t, last, d, ds, dr, low);
    }
    d += 16; v += 16; bias += 16;
  } while (v < end);
}
