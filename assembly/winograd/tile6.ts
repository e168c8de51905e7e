// The transforms of f32_winograd_6x6; its header has the matrices. `ey`, `ex`: how many rows
// and columns of points a tile uses, 6 or 4 (turns.ts explains the shorter ones).
import { interleave } from "./interleave";

const ROW: usize = 96; // bytes of six vectors

// One pass of B^T: six vectors, ROW bytes apart at o.
// @ts-ignore: decorator
@inline
function line6(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, o: usize): void {
  const k2 = f32x4.splat(2), k4 = f32x4.splat(4), k5 = f32x4.splat(5);
  const a = f32x4.sub(d4, f32x4.mul(k4, d2)), b = f32x4.sub(d3, f32x4.mul(k4, d1)), e = f32x4.sub(d4, d2), f = f32x4.mul(k2, f32x4.sub(d3, d1));
  v128.store(o, f32x4.add(f32x4.sub(f32x4.mul(k4, d0), f32x4.mul(k5, d2)), d4));
  v128.store(o, f32x4.add(a, b), 96); v128.store(o, f32x4.sub(a, b), 192);
  v128.store(o, f32x4.add(e, f), 288); v128.store(o, f32x4.sub(e, f), 384);
  v128.store(o, f32x4.add(f32x4.sub(f32x4.mul(k4, d1), f32x4.mul(k5, d3)), d5), 480);
}

// With the points 0, 1, -1, inf: 4 (1 0 -1 0), -3 (0 1 1 0), -3 (0 -1 1 0), (0 -1 0 1).
// @ts-ignore: decorator
@inline
function line4(d0: v128, d1: v128, d2: v128, d3: v128, o: usize): void {
  const k = f32x4.splat(-3), a = f32x4.mul(k, d2), b = f32x4.mul(k, d1);
  v128.store(o, f32x4.mul(f32x4.splat(4), f32x4.sub(d0, d2)));
  v128.store(o, f32x4.add(a, b), 96); v128.store(o, f32x4.sub(a, b), 192);
  v128.store(o, f32x4.sub(d3, d1), 480);
}

// B^T d B of 4 channels of one tile: 36 vectors at o; t: scratch of 36 vectors (transposed).
export function inputTile(s: usize, ps: usize, rs: usize, o: usize, t: usize, ey: i32, ex: i32): void {
  const p2 = ps << 1, p3 = p2 + ps, p4 = ps << 2, p5 = p4 + ps;
  const last = t + 6 * ROW, stop = t + (<usize>ey << 4);
  let q = t;
  if (ex == 6) do {
    line6(v128.load(s), v128.load(s + ps), v128.load(s + p2), v128.load(s + p3), v128.load(s + p4), v128.load(s + p5), q);
    s += rs; q += 16;
  } while (q < stop);
  else do {
    line4(v128.load(s), v128.load(s + ps), v128.load(s + p2), v128.load(s + p3), q);
    s += rs; q += 16;
  } while (q < stop);
  q = t;
  if (ey == 6) do {
    line6(v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48), v128.load(q, 64), v128.load(q, 80), o);
    q += ROW; o += 16;
  } while (q < last);
  else do {
    line4(v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48), o);
    q += ROW; o += 16;
  } while (q < last);
}

export function inputGroup6(s0: usize, s1: usize, s2: usize, s3: usize, y0: i32, x0: i32, y1: i32, x1: i32, y2: i32, x2: i32, y3: i32, x3: i32, ps: usize, rs: usize, v: usize, plane: usize, cin: i32, t: usize): void {
  const mid = t + 24 * ROW, end = v + (<usize>cin << 4);
  do {
    inputTile(s0, ps, rs, t, mid, y0, x0); inputTile(s1, ps, rs, t + 6 * ROW, mid, y1, x1);
    inputTile(s2, ps, rs, t + 12 * ROW, mid, y2, x2); inputTile(s3, ps, rs, t + 18 * ROW, mid, y3, x3);
    interleave(6, t, v, plane);
    s0 += 16; s1 += 16; s2 += 16; s3 += 16; v += 64;
  } while (v < end);
}

// One pass of A^T over e points, m outputs: `step` bytes apart at o; with `last`, ReLU.
// @ts-ignore: decorator
@inline
function outLine(e: i32, m: i32, last: bool, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, o: usize, step: usize, low: v128): void {
  const a = f32x4.add(m1, m2), b = f32x4.sub(m1, m2);
  if (e == 4) {
    put(o, f32x4.add(m0, a), last, low); put(o + step, f32x4.add(b, m5), last, low);
    return;
  }
  const g = f32x4.add(m3, m4), f = f32x4.sub(m3, m4);
  put(o, f32x4.add(f32x4.add(m0, a), g), last, low);
  let y = f32x4.add(b, f32x4.mul(f32x4.splat(2), f));
  if (m == 2) y = f32x4.add(y, m5);
  put(o + step, y, last, low);
  if (m > 2) {
    y = f32x4.add(a, f32x4.mul(f32x4.splat(4), g));
    if (m == 3) y = f32x4.add(y, m5);
    put(o + (step << 1), y, last, low);
  }
  if (m > 3) put(o + step * 3, f32x4.add(f32x4.add(b, f32x4.mul(f32x4.splat(8), f)), m5), last, low);
}

// @ts-ignore: decorator
@inline
function put(o: usize, y: v128, last: bool, low: v128): void {
  v128.store(o, last ? f32x4.pmax(y, low) : y);
}

// @ts-ignore: decorator
@inline
function columns(e: i32, m: i32, v: usize, plane: usize, t: usize): void {
  const z = f32x4.splat(0), p6 = plane * 6, p2 = p6 * 2, p3 = p6 * 3, p4 = p6 * 4, p5 = p6 * 5, stop = t + ROW;
  do {
    outLine(e, m, false, v128.load(v), v128.load(v + p6), v128.load(v + p2), e == 6 ? v128.load(v + p3) : z, e == 6 ? v128.load(v + p4) : z, v128.load(v + p5), t, ROW, z);
    t += 16; v += plane;
  } while (t < stop);
}

// @ts-ignore: decorator
@inline
function rows(e: i32, m: i32, t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void {
  const z = f32x4.splat(low);
  do {
    outLine(e, m, true, v128.load(t), v128.load(t, 16), v128.load(t, 32), e == 6 ? v128.load(t, 48) : z, e == 6 ? v128.load(t, 64) : z, v128.load(t, 80), d, ds, z);
    t += ROW; d += dr;
  } while (t < last);
}

// Each form a function of its own: inlined together, binaryen folds them into one full of branches.
function columns64(v: usize, plane: usize, t: usize): void { columns(6, 4, v, plane, t); }
function columns42(v: usize, plane: usize, t: usize): void { columns(4, 2, v, plane, t); }
function columns63(v: usize, plane: usize, t: usize): void { columns(6, 3, v, plane, t); }
function columns62(v: usize, plane: usize, t: usize): void { columns(6, 2, v, plane, t); }
function rows64(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(6, 4, t, last, d, ds, dr, low); }
function rows42(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(4, 2, t, last, d, ds, dr, low); }
function rows63(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(6, 3, t, last, d, ds, dr, low); }
function rows62(t: usize, last: usize, d: usize, ds: usize, dr: usize, low: f32): void { rows(6, 2, t, last, d, ds, dr, low); }

// A^T m A of one tile, m x m outputs, fewer where ey, ex are 4. The bias goes into the product of the
// point (1, 1), which every output contains once: one addition for m x m.
export function output6(m: i32, v: usize, plane: usize, d: usize, ds: usize, dr: usize, cout: i32, t: usize, bias: usize, low: f32, ey: i32, ex: i32): void {
  const last = t + <usize>(m - 6 + ey) * ROW, end = v + (<usize>cout << 2), one: usize = 7 * plane;
  do {
    v128.store(v + one, f32x4.add(v128.load(v + one), v128.load(bias)));
    if (m == 4) {
      if (ey == 6) columns64(v, plane, t);
      else columns42(v, plane, t);
      if (ex == 6) rows64(t, last, d, ds, dr, low);
      else rows42(t, last, d, ds, dr, low);
    } else if (m == 3) {
      columns63(v, plane, t);
      rows63(t, last, d, ds, dr, low);
    } else {
      columns62(v, plane, t);
      rows62(t, last, d, ds, dr, low);
    }
    d += 16; v += 16; bias += 16;
  } while (v < end);
}
