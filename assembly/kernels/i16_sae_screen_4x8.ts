// i16_sae_screen_4x8: which pre-activations of an SAE can exceed a threshold, from 16-bit
// products (i16_quantize_rows): an upper bound of each, and the ones that are kept.
//   U[f][b] = (sum_d wq[f][d] xq[b][d] + C) i_b i_f + beta_f,  wanted where U >= t_b
// i_f, i_b: inverse scales. Two multiply-adds of 16 bits cost one instruction more than one of
// f32 does per lane, so the product takes a little over half the time of f32_sae_encode_4x8.
//
// bound: let p be the value that f32_sae_encode_4x8 gives (relaxed: fused, fewer roundings),
//   T_f a threshold per latent, u = 2^-24, g = (D+2) u / (1 - (D+2) u), w = i_f (wq + e),
//   x = i_b (xq + e'), ||wq||, ||xq|| <= S = 46000, ||e||, ||e'|| <= h = 0.51 sqrt(D). Then
//   |w.x / (i_f i_b) - wq.xq|  = |wq.e' + e.xq + e.e'| <= 2 S h + h^2      (Cauchy-Schwarz)
//   |p - (bias + w.x)|        <= g (|bias| + ||w|| ||x||) + D 2^-149, ||w|| <= i_f (S + h)
//   C    = 2 S h + h^2 + g (S + h)^2 + 4 u 2^31 + 1, rounded up: the last but one is for the
//          three roundings of (i32 -> f32) i_b i_f, |sum + C| < 2^31. No i32 overflows, for
//          |sum| <= S^2 in every order, and S^2 + C < 2^31 for D <= 65536.
//   beta = bias - T + g |bias| + 2^-22 |beta| + 2^-100, which covers its own roundings.
//   So p >= T_f + t_b makes the real U exceed t_b, and rounding it cannot take it below t_b:
//   what is not wanted is below its threshold, ties included.
//   A U that is NaN counts as wanted: irregular rows are always looked at.
// lanes: 8 samples, 4 features a tile; a turn multiplies two columns.
//   x [panels][D/2][8][2], w [n/4][D/2][4][2].
// needs: D % 4 == 0, D <= 65536, n % 4 == 0, scratch of 32 floats.
import { f32_kth_largest } from "./f32_kth_largest";

// @ts-ignore: decorator
@inline
function gamma(d: i32): f64 { return <f64>(d + 2) / (16777216.0 - <f64>(d + 2)); }

/** C, in units of the 16-bit product. */
export function i16_sae_slack(d: i32): i32 {
  const h = 0.51 * sqrt<f64>(<f64>d), S = 46000.0;
  return <i32>ceil<f64>((2 * S * h + h * h + gamma(d) * (S + h) * (S + h)) * 1.000001 + 513);
}

/** beta[n] from biases and thresholds [n]. */
export function i16_sae_beta(bias: usize, thresholds: usize, n: i32, d: i32, beta: usize): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, b = <f64>load<f32>(bias + at);
    const v = b - <f64>load<f32>(thresholds + at) + gamma(d) * 1.000001 * abs<f64>(b);
    store<f32>(beta + at, <f32>(v + abs<f64>(v) * 2.384185791015625e-7 + 7.888609052210118e-31));
  }
}

/** U of 4 features x 8 samples; bit 8 r + s of the result: wanted. U is stored where any is. */
function tile(w: usize, x: usize, end: usize, slack: i32, inverse: usize, beta: usize, inverseX: usize, thresholds: usize, out: usize): i32 {
  let c00 = i32x4.splat(slack), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  do {
    const b0 = v128.load(x), b1 = v128.load(x, 16);
    let s = v128.load32_splat(w); c00 = i32x4.add(c00, i32x4.dot_i16x8_s(s, b0)); c01 = i32x4.add(c01, i32x4.dot_i16x8_s(s, b1));
    s = v128.load32_splat(w, 4); c10 = i32x4.add(c10, i32x4.dot_i16x8_s(s, b0)); c11 = i32x4.add(c11, i32x4.dot_i16x8_s(s, b1));
    s = v128.load32_splat(w, 8); c20 = i32x4.add(c20, i32x4.dot_i16x8_s(s, b0)); c21 = i32x4.add(c21, i32x4.dot_i16x8_s(s, b1));
    s = v128.load32_splat(w, 12); c30 = i32x4.add(c30, i32x4.dot_i16x8_s(s, b0)); c31 = i32x4.add(c31, i32x4.dot_i16x8_s(s, b1));
    w += 16; x += 32;
  } while (x < end);
  const i0 = v128.load(inverseX), i1 = v128.load(inverseX, 16), t0 = v128.load(thresholds), t1 = v128.load(thresholds, 16);
  let f = v128.load32_splat(inverse), b = v128.load32_splat(beta);
  c00 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c00), i0), f), b);
  c01 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c01), i1), f), b);
  f = v128.load32_splat(inverse, 4); b = v128.load32_splat(beta, 4);
  c10 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c10), i0), f), b);
  c11 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c11), i1), f), b);
  f = v128.load32_splat(inverse, 8); b = v128.load32_splat(beta, 8);
  c20 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c20), i0), f), b);
  c21 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c21), i1), f), b);
  f = v128.load32_splat(inverse, 12); b = v128.load32_splat(beta, 12);
  c30 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c30), i0), f), b);
  c31 = f32x4.add(f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(c31), i1), f), b);
  const below0 = i32x4.bitmask(f32x4.lt(c00, t0)) | (i32x4.bitmask(f32x4.lt(c01, t1)) << 4);
  const below1 = i32x4.bitmask(f32x4.lt(c10, t0)) | (i32x4.bitmask(f32x4.lt(c11, t1)) << 4);
  const below2 = i32x4.bitmask(f32x4.lt(c20, t0)) | (i32x4.bitmask(f32x4.lt(c21, t1)) << 4);
  const below3 = i32x4.bitmask(f32x4.lt(c30, t0)) | (i32x4.bitmask(f32x4.lt(c31, t1)) << 4);
  const wanted = ~(below0 | (below1 << 8) | (below2 << 16) | (below3 << 24));
  if (wanted) {
    v128.store(out, c00); v128.store(out, c01, 16); v128.store(out, c10, 32); v128.store(out, c11, 48);
    v128.store(out, c20, 64); v128.store(out, c21, 80); v128.store(out, c30, 96); v128.store(out, c31, 112);
  }
  return wanted;
}

function panelMasks(w: usize, x: usize, ld: usize, slack: i32, inverse: usize, beta: usize, inverseX: usize, thresholds: usize, n: i32, masks: usize, stride: usize, scratch: usize): void {
  do {
    const m = tile(w, x, x + (ld << 2), slack, inverse, beta, inverseX, thresholds, scratch);
    store<u8>(masks, m); store<u8>(masks + stride, m >> 8);
    store<u8>(masks + stride + stride, m >> 16); store<u8>(masks + stride + stride + stride, m >>> 24);
    masks += stride << 2; w += ld << 1; inverse += 16; beta += 16; n -= 4;
  } while (n > 0);
}

/**
 * masks [n][stride] of bytes: bit s of byte p: sample s of panel p is wanted. inverse, beta: of these n features.
 */
export function i16_sae_screen_4x8(x: usize, panels: i32, inverseX: usize, thresholds: usize, w: usize, inverse: usize, beta: usize, d: i32, n: i32, masks: usize, stride: usize, scratch: usize): void {
  const ld = <usize>d << 2, slack = i16_sae_slack(d);
  do {
    panelMasks(w, x, ld, slack, inverse, beta, inverseX, thresholds, n, masks, stride, scratch);
    x += ld << 2; inverseX += 32; thresholds += 32; masks++;
  } while (--panels > 0);
}

/**
 * Cuts a sample's n candidates (U, feature) to those that can be among its k largest: U at
 * least the k-th largest LOWER bound, U less twice what C and beta add. That bound is <= the
 * k-th largest value, so the threshold may rise to it. Returns the candidates left; -1 where
 * bounds are no numbers (irregular rows).
 */
export function i16_sae_prune(values: usize, indices: usize, n: i32, k: i32, inverseX: f32, inverse: usize, bias: usize, d: i32, threshold: usize, scratch: usize): i32 {
  const reach = <f32>(2.02 * <f64>i16_sae_slack(d)) * inverseX, share = <f32>(2.02 * gamma(d) + 9.5367431640625e-7);
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, u = load<f32>(values + at), f = <usize>load<i32>(indices + at) << 2;
    const down = reach * load<f32>(inverse + f) + share * abs<f32>(load<f32>(bias + f));
    const lower = u - (down + abs<f32>(u) * <f32>4.76837158203125e-7 + <f32>1e-29);
    if (!(abs<f32>(lower) < Infinity)) return -1;
    store<f32>(scratch + at, lower);
  }
  const least = n > k ? f32_kth_largest(scratch, n, k) : -Infinity;
  let to: usize = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, u = load<f32>(values + at);
    if (u < least) continue;
    store<f32>(values + to, u);
    store<i32>(indices + to, load<i32>(indices + at));
    to += 4;
  }
  if (least > load<f32>(threshold)) store<f32>(threshold, least);
  return <i32>(to >> 2);
}

/** Adds the wanted entries of a tile, whose first feature is `first`, to the lists of its 8 samples. */
function insert(wanted: i32, first: i32, inverseX: usize, thresholds: usize, inverse: usize, bias: usize, d: i32, k: i32, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  const stride = <usize>capacity << 2;
  do {
    const bit = ctz(wanted), s = <usize>(bit & 7);
    wanted &= wanted - 1;
    const count = counts + (s << 2);
    let n = load<i32>(count);
    if (n < 0) continue;
    const v = values + s * stride, ix = indices + s * stride;
    store<f32>(v + (<usize>n << 2), load<f32>(scratch + (<usize>bit << 2)));
    store<i32>(ix + (<usize>n << 2), first + (bit >> 3));
    if (++n == capacity) {
      n = i16_sae_prune(v, ix, n, k, load<f32>(inverseX + (s << 2)), inverse, bias, d, thresholds + (s << 2), scratch + 128);
      if (n < 0 || n > capacity - (capacity >> 2)) {
        n = -1;
        store<f32>(thresholds + (s << 2), Infinity);
      }
    }
    store<i32>(count, n);
  } while (wanted);
}

function panelLists(w: usize, x: usize, ld: usize, slack: i32, inverse: usize, beta: usize, inverseX: usize, thresholds: usize, bias: usize, d: i32, first: i32, n: i32, k: i32, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  let i = inverse + (<usize>first << 2), b = beta + (<usize>first << 2);
  do {
    const wanted = tile(w, x, x + (ld << 2), slack, i, b, inverseX, thresholds, scratch);
    if (wanted) insert(wanted, first, inverseX, thresholds, inverse, bias, d, k, values, indices, counts, capacity, scratch);
    w += ld << 1; i += 16; b += 16; first += 4; n -= 4;
  } while (n > 0);
}

/**
 * Features first .. first + n for lists of the k largest: values (U) and indices [samples][capacity],
 * counts i32[samples], -1: takes no part, or has too many near the k-th for its list. thresholds
 * rise as lists fill. inverse, beta, bias: of all features. capacity >= 4 k; scratch: capacity + 32 floats.
 */
export function i16_sae_screen_top_4x8(x: usize, panels: i32, inverseX: usize, thresholds: usize, w: usize, inverse: usize, beta: usize, bias: usize, d: i32, first: i32, n: i32, k: i32, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  const ld = <usize>d << 2, slack = i16_sae_slack(d), stride = <usize>capacity << 5;
  do {
    panelLists(w, x, ld, slack, inverse, beta, inverseX, thresholds, bias, d, first, n, k, values, indices, counts, capacity, scratch);
    x += ld << 2; inverseX += 32; thresholds += 32; counts += 32; values += stride; indices += stride;
  } while (--panels > 0);
}
