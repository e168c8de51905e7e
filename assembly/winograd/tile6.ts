// The transforms of f32_winograd_6x6; its header has the matrices.
import { interleave } from "./interleave";

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

export function inputGroup6(s0: usize, s1: usize, s2: usize, s3: usize, ps: usize, rs: usize, v: usize, plane: usize, cin: i32, t: usize): void {
  const mid = t + 24 * ROW, end = v + (<usize>cin << 4);
  do {
    inputTile(s0, ps, rs, t, mid); inputTile(s1, ps, rs, t + 6 * ROW, mid);
    inputTile(s2, ps, rs, t + 12 * ROW, mid); inputTile(s3, ps, rs, t + 18 * ROW, mid);
    interleave(6, t, v, plane);
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
export function output6(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32): void {
  if (m == 4) outputTile4(v, plane, d, ds, dr, cout, t, bias, low);
  else if (m == 3) outputTile3(v, plane, d, ds, dr, cout, t, bias, low);
  else outputTile2(v, plane, d, ds, dr, cout, t, bias, low);
}
