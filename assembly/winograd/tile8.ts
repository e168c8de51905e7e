// The transforms of f32_winograd_8x8; its header has the matrices.
import { interleave } from "./interleave";

const ROW: usize = 128; // bytes of eight vectors

// One pass of B^T over d0..d7: eight vectors, ROW bytes apart at o.
// @ts-ignore: decorator
@inline
function inputLine(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, o: usize): void {
  const q = f32x4.splat(0.25), h = f32x4.splat(0.5), k4 = f32x4.splat(4), k17 = f32x4.splat(4.25), k21 = f32x4.splat(5.25);
  v128.store(o, f32x4.add(f32x4.sub(d0, d6), f32x4.mul(k21, f32x4.sub(d4, d2))));
  let e = f32x4.sub(f32x4.add(d2, d6), f32x4.mul(k17, d4)), f = f32x4.sub(f32x4.add(d1, d5), f32x4.mul(k17, d3));
  v128.store(o, f32x4.add(e, f), 128); v128.store(o, f32x4.sub(e, f), 256);
  const u = f32x4.mul(f32x4.splat(5), d4), w = f32x4.mul(f32x4.splat(2.5), d3);
  e = f32x4.add(d6, f32x4.mul(q, f32x4.sub(d2, u))); f = f32x4.add(f32x4.sub(f32x4.mul(h, d1), w), f32x4.add(d5, d5));
  v128.store(o, f32x4.add(e, f), 384); v128.store(o, f32x4.sub(e, f), 512);
  e = f32x4.add(d6, f32x4.sub(f32x4.mul(k4, d2), u)); f = f32x4.add(f32x4.sub(f32x4.add(d1, d1), w), f32x4.mul(h, d5));
  v128.store(o, f32x4.add(e, f), 640); v128.store(o, f32x4.sub(e, f), 768);
  v128.store(o, f32x4.add(f32x4.sub(d7, d1), f32x4.mul(k21, f32x4.sub(d3, d5))), 896);
}

// B^T d B of 4 channels of one tile: 64 vectors at o; t: scratch of 64 vectors (transposed).
function inputTile(s: usize, ps: usize, rs: usize, o: usize, t: usize): void {
  const p2 = ps << 1, p3 = p2 + ps, p4 = ps << 2, p5 = p4 + ps, p6 = p3 << 1, p7 = p6 + ps;
  const last = t + 8 * ROW, stop = t + ROW;
  let q = t;
  do {
    inputLine(
      v128.load(s), v128.load(s + ps), v128.load(s + p2), v128.load(s + p3),
      v128.load(s + p4), v128.load(s + p5), v128.load(s + p6), v128.load(s + p7), q);
    s += rs; q += 16;
  } while (q < stop);
  q = t;
  do {
    inputLine(
      v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48),
      v128.load(q, 64), v128.load(q, 80), v128.load(q, 96), v128.load(q, 112), o);
    q += ROW; o += 16;
  } while (q < last);
}

export function inputGroup8(s0: usize, s1: usize, s2: usize, s3: usize, ps: usize, rs: usize, v: usize, plane: usize, cin: i32, t: usize): void {
  const mid = t + 32 * ROW, end = v + (<usize>cin << 4);
  do {
    inputTile(s0, ps, rs, t, mid); inputTile(s1, ps, rs, t + 8 * ROW, mid);
    inputTile(s2, ps, rs, t + 16 * ROW, mid); inputTile(s3, ps, rs, t + 24 * ROW, mid);
    interleave(8, t, v, plane);
    s0 += 16; s1 += 16; s2 += 16; s3 += 16; v += 64;
  } while (v < end);
}

// A^T m A of one tile, m x m outputs (m is a constant in each caller). The powers of two
// are reached by repeated multiplication: exact, and three constants instead of nine.
// @ts-ignore: decorator
@inline
function outputTile(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  const h = f32x4.splat(0.5), r = f32x4.splat(0.25), k4 = f32x4.splat(4), z = f32x4.splat(low);
  const p8 = plane << 3, stop = t + ROW, last = t + <usize>m * ROW;
  const end = v + (<usize>cout << 2);
  do {
    let q = t, s = v;
    do {
      let p = s;
      const m0 = v128.load(p); p += p8;
      const m1 = v128.load(p); p += p8;
      const m2 = v128.load(p); p += p8;
      const m3 = v128.load(p); p += p8;
      const m4 = v128.load(p); p += p8;
      const m5 = v128.load(p); p += p8;
      const m6 = v128.load(p); p += p8;
      const m7 = v128.load(p);
      const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2);
      let e = f32x4.add(m3, m4), f = f32x4.sub(m3, m4), g = f32x4.add(m5, m6), k = f32x4.sub(m5, m6);
      v128.store(q, f32x4.add(f32x4.add(m0, a), f32x4.add(e, g)));
      f = f32x4.add(f, f); k = f32x4.mul(h, k);
      v128.store(q, f32x4.add(b, f32x4.add(f, k)), 128);
      e = f32x4.mul(k4, e); g = f32x4.mul(r, g);
      v128.store(q, f32x4.add(a, f32x4.add(e, g)), 256);
      f = f32x4.mul(k4, f); k = f32x4.mul(r, k);
      let y = f32x4.add(b, f32x4.add(f, k));
      if (m == 4) y = f32x4.add(y, m7);
      v128.store(q, y, 384);
      if (m > 4) {
        e = f32x4.mul(k4, e); g = f32x4.mul(r, g);
        y = f32x4.add(a, f32x4.add(e, g));
        if (m == 5) y = f32x4.add(y, m7);
        v128.store(q, y, 512);
      }
      if (m > 5) {
        f = f32x4.mul(k4, f); k = f32x4.mul(r, k);
        v128.store(q, f32x4.add(f32x4.add(b, f32x4.add(f, k)), m7), 640);
      }
      q += 16; s += plane;
    } while (q < stop);
    q = t;
    let o = d;
    const bb = v128.load(bias);
    do {
      const m0 = v128.load(q), m1 = v128.load(q, 16), m2 = v128.load(q, 32), m3 = v128.load(q, 48), m4 = v128.load(q, 64), m5 = v128.load(q, 80), m6 = v128.load(q, 96), m7 = v128.load(q, 112);
      const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2);
      let e = f32x4.add(m3, m4), f = f32x4.sub(m3, m4), g = f32x4.add(m5, m6), k = f32x4.sub(m5, m6);
      v128.store(o, f32x4.pmax(f32x4.add(bb, f32x4.add(f32x4.add(m0, a), f32x4.add(e, g))), z));
      let p = o + ds;
      f = f32x4.add(f, f); k = f32x4.mul(h, k);
      v128.store(p, f32x4.pmax(f32x4.add(bb, f32x4.add(b, f32x4.add(f, k))), z)); p += ds;
      e = f32x4.mul(k4, e); g = f32x4.mul(r, g);
      v128.store(p, f32x4.pmax(f32x4.add(bb, f32x4.add(a, f32x4.add(e, g))), z)); p += ds;
      f = f32x4.mul(k4, f); k = f32x4.mul(r, k);
      let y = f32x4.add(b, f32x4.add(f, k));
      if (m == 4) y = f32x4.add(y, m7);
      v128.store(p, f32x4.pmax(f32x4.add(bb, y), z));
      if (m > 4) {
        p += ds;
        e = f32x4.mul(k4, e); g = f32x4.mul(r, g);
        y = f32x4.add(a, f32x4.add(e, g));
        if (m == 5) y = f32x4.add(y, m7);
        v128.store(p, f32x4.pmax(f32x4.add(bb, y), z));
      }
      if (m > 5) {
        p += ds;
        f = f32x4.mul(k4, f); k = f32x4.mul(r, k);
        v128.store(p, f32x4.pmax(f32x4.add(bb, f32x4.add(f32x4.add(b, f32x4.add(f, k)), m7)), z));
      }
      q += ROW; o += dr;
    } while (q < last);
    d += 16; v += 16; bias += 16;
  } while (v < end);
}

function outputTile6(v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  outputTile(6, v, plane, d, ds, dr, cout, t, bias, low);
}
function outputTile5(v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  outputTile(5, v, plane, d, ds, dr, cout, t, bias, low);
}
function outputTile4(v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  outputTile(4, v, plane, d, ds, dr, cout, t, bias, low);
}
export function output8(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  if (m == 6) outputTile6(v, plane, d, ds, dr, cout, t, bias, low);
  else if (m == 5) outputTile5(v, plane, d, ds, dr, cout, t, bias, low);
  else outputTile4(v, plane, d, ds, dr, cout, t, bias, low);
}
