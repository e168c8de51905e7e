// i16_quantize_rows: f32 rows -> 16-bit whole numbers for screening (i16_sae_screen_4x8).
//   q = nearest(x s),  x ~ q / s,  s = min(32766 / max |x|, N / ||x||),  N a little below 46000
// layout: groups of `group` rows (4 features or 8 samples), [n/group][D/2][group][2]: what
//   i32x4.dot_i16x8_s multiplies pairwise; 1 / s of each row in inverse[n].
// promises, for D <= 65536:
//   ||q|| <= 46000, so that a product of two such rows fits an i32 with room for a bound;
//   |x / inverse - q| <= 0.51 for every element: 1/2 of the rounding to whole numbers, and
//   three roundings of f32 (s, 1/s, x s) of values below 32767, under 0.006 together;
//   the sum of squares errs by less than D/4 + 4 roundings, 2^-11; N leaves 2^-10.
// irregular rows (NaN, infinite, or the largest element outside 2^-40 .. 2^40) become zeros
//   with inverse = infinity: whatever is computed with it is infinite or NaN, never small.
//   Rows of zeros have inverse 0.
// needs: D % 4 == 0, n % group == 0, group % 4 == 0.
import { sum4 } from "../lanes";

// @ts-ignore: decorator
@inline const LARGEST: f32 = 1099511627776; // 2^40
// @ts-ignore: decorator
@inline const SMALLEST: f32 = 9.094947017729282e-13; // 2^-40

/** The row's scale s; 1 / s goes to `inverse`. */
function scaleOf(x: usize, d: i32, inverse: usize): f32 {
  const limit = <f32>((46000 - 0.51 * sqrt<f64>(<f64>d)) * 0.9990234375); // 1 - 2^-10
  const end = x + (<usize>d << 2);
  let m = f32x4.splat(0), squares = m;
  do {
    const v = v128.load(x);
    m = f32x4.pmax(m, f32x4.abs(v));
    squares = f32x4.add(squares, f32x4.mul(v, v));
    x += 16;
  } while (x < end);
  const largest = max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
  const sum = sum4(squares);
  if (largest >= SMALLEST && largest <= LARGEST && sum < Infinity) {
    const s = min<f32>(32766 / largest, limit / sqrt<f32>(sum));
    store<f32>(inverse, 1 / s);
    return s;
  }
  // pmax passes over NaN, the sum does not.
  store<f32>(inverse, largest == 0 && sum == 0 ? 0 : Infinity);
  return 0;
}

/** Four rows, `ld` bytes apart, of `inverse` > 0 and finite or not at all: pairs of columns side by side. */
function four(x: usize, ld: usize, s0: f32, s1: f32, s2: f32, s3: f32, out: usize, step: usize): void {
  const end = x + ld, a = f32x4.splat(s0), b = f32x4.splat(s1), c = f32x4.splat(s2), d = f32x4.splat(s3);
  const x1 = ld, x2 = ld + ld, x3 = x2 + ld;
  do {
    // A scale of 0 makes NaN of what is not finite, and trunc_sat makes 0 of NaN.
    const p = i16x8.narrow_i32x4_s(
      i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x), a))),
      i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + x1), b))));
    const q = i16x8.narrow_i32x4_s(
      i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + x2), c))),
      i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + x3), d))));
    v128.store(out, v128.shuffle<i32>(p, q, 0, 2, 4, 6));
    v128.store(out + step, v128.shuffle<i32>(p, q, 1, 3, 5, 7));
    x += 16; out += step + step;
  } while (x < end);
}

export function i16_quantize_rows(x: usize, n: i32, d: i32, group: i32, out: usize, inverse: usize): void {
  const ld = <usize>d << 2, step = <usize>group << 2;
  for (let i = 0; i < n; i += group) {
    for (let r = 0; r < group; r += 4) {
      const s0 = scaleOf(x, d, inverse), s1 = scaleOf(x + ld, d, inverse + 4);
      const s2 = scaleOf(x + ld + ld, d, inverse + 8), s3 = scaleOf(x + 3 * ld, d, inverse + 12);
      four(x, ld, s0, s1, s2, s3, out + (<usize>r << 2), step);
      x += ld << 2; inverse += 16;
    }
    out += <usize>(d >> 1) * step;
  }
}
