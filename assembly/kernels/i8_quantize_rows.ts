// i8_quantize_rows: f32 rows -> 8-bit whole numbers for screening (i8_screen_4, i8_screen_4x8).
//   q = nearest(x s),  x ~ q / s,  s = 127 / max |x|;  out [n][D], 1 / s of each row in inverse[n]
// bound[n]: in units of the query's norm, how far a row's product may lie from that of the rounded
//   ones. Let v be the query, v^ = i_v vq its form by i16_quantize_rows, x^ = q / s, u = 2^-24,
//   p the value that f32_dots_4 gives. Then
//   |x.v - x^.v^| = |x^.(v - v^) + (x - x^).v| <= ||x^|| ||v - v^|| + ||x - x^|| ||v||
//   ||v - v^||    <= 0.51 sqrt(D) i_v <= 0.51 sqrt(D) / 32700 ||v||
//   |p - x.v|     <= g ||x|| ||v||, g = (D+2) u / (1 - (D+2) u)
//   so |p - x^.v^| <= ||v|| (e + c (||x|| + e)), e >= ||x - x^||, c = 0.51 sqrt(D) / 32700 + g + 2^-19:
//   the last for the roundings of the screen itself, a few u of ||x^||.
//   e: the residuals' norm in f32, whose sum errs by less than (D/4 + 8) u <= 2^-10, with two roundings of
//   values below max |x| in each residual.
// irregular rows (NaN, infinite, or the largest element outside 2^-40 .. 2^40) become zeros with an
//   infinite bound: they are always looked at. Rows of zeros have inverse 0, bound 0.
// needs: D % 16 == 0, D <= 65536.
import { sum4 } from "../lanes";
import { gamma } from "../sae/bound";

// @ts-ignore: decorator
@inline const LARGEST: f32 = 1099511627776; // 2^40
// @ts-ignore: decorator
@inline const SMALLEST: f32 = 9.094947017729282e-13; // 2^-40

/** The row's largest absolute value; 0 for zeros, NaN where it is irregular. */
function largestOf(x: usize, end: usize): f32 {
  let m = f32x4.splat(0), sum = m;
  do {
    const v = f32x4.abs(v128.load(x));
    m = f32x4.pmax(m, v);
    sum = f32x4.add(sum, v);
    x += 16;
  } while (x < end);
  const largest = max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
  // pmax passes over NaN, the sum does not.
  const all = sum4(sum);
  return (largest == 0 && all == 0) || (largest >= SMALLEST && largest <= LARGEST && all < Infinity) ? largest : NaN;
}

// @ts-ignore: decorator
@inline
function rounded(x: usize, s: v128): v128 { return f32x4.nearest(f32x4.mul(v128.load(x), s)); }

/** Codes of a row at out; the sum of the squared residuals. */
function codes(x: usize, end: usize, scale: f32, inverse: f32, out: usize): f32 {
  const s = f32x4.splat(scale), i = f32x4.splat(inverse);
  let squares = f32x4.splat(0);
  do {
    const a = rounded(x, s), b = rounded(x + 16, s), c = rounded(x + 32, s), d = rounded(x + 48, s);
    const ra = f32x4.sub(v128.load(x), f32x4.mul(a, i)), rb = f32x4.sub(v128.load(x, 16), f32x4.mul(b, i));
    const rc = f32x4.sub(v128.load(x, 32), f32x4.mul(c, i)), rd = f32x4.sub(v128.load(x, 48), f32x4.mul(d, i));
    squares = f32x4.add(squares, f32x4.add(f32x4.add(f32x4.mul(ra, ra), f32x4.mul(rb, rb)), f32x4.add(f32x4.mul(rc, rc), f32x4.mul(rd, rd))));
    v128.store(out, i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(a), i32x4.trunc_sat_f32x4_s(b)),
      i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(c), i32x4.trunc_sat_f32x4_s(d))));
    x += 64; out += 16;
  } while (x < end);
  return sum4(squares);
}

function norm(x: usize, end: usize): f64 {
  let a = f32x4.splat(0);
  do { const v = v128.load(x); a = f32x4.add(a, f32x4.mul(v, v)); x += 16; } while (x < end);
  return sqrt<f64>(<f64>sum4(a));
}

export function i8_quantize_rows(x: usize, n: i32, d: i32, out: usize, inverse: usize, bound: usize): void {
  const ld = <usize>d << 2, root = sqrt<f64>(<f64>d);
  const c = 0.51 * root / 32700 + gamma(d) + 1.9073486328125e-6;
  do {
    const end = x + ld, largest = largestOf(x, end), regular = largest > 0;
    const s: f32 = regular ? 127 / largest : 0, i: f32 = regular ? largest / 127 : 0;
    const squares = <f64>codes(x, end, s, i, out);
    const e = sqrt<f64>(squares) * 1.001 + root * <f64>largest * 2.384185791015625e-7;
    store<f32>(inverse, i);
    store<f32>(bound, largest == largest ? <f32>((e + c * (norm(x, end) * 1.001 + e)) * 1.000001) : Infinity);
    x += ld; out += <usize>d; inverse += 4; bound += 4;
  } while (--n > 0);
}
