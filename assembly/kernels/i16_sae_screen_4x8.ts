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
//   x16 [panelCount][D/2][8][2], w16 [count/4][D/2][4][2].
// needs: D % 4 == 0, D <= 65536, count % 4 == 0, scratch of 32 floats.
import { boundTile } from "../sae/bound";
import { i16_sae_slack } from "./i16_sae_slack";

function panelMasks(w: usize, x: usize, ld: usize, slack: i32, inverse: usize, beta: usize, inverseX: usize, thresholds: usize, n: i32, masks: usize, stride: usize, scratch: usize): void {
  do {
    const m = boundTile(w, x, x + (ld << 2), slack, inverse, beta, inverseX, thresholds, scratch);
    store<u8>(masks, m); store<u8>(masks + stride, m >> 8);
    store<u8>(masks + stride + stride, m >> 16); store<u8>(masks + stride + stride + stride, m >>> 24);
    masks += stride << 2; w += ld << 1; inverse += 16; beta += 16; n -= 4;
  } while (n > 0);
}

/** masks [count][maskStride] of bytes: bit s of byte p: sample s of panel p is wanted. inverseW, beta: of these `count` features. */
export function i16_sae_screen_4x8(x16: usize, panelCount: i32, inverseX: usize, thresholds: usize, w16: usize, inverseW: usize, beta: usize, d: i32, count: i32, masks: usize, maskStride: usize, scratch: usize): void {
  const ld = <usize>d << 2, slack = i16_sae_slack(d);
  do {
    panelMasks(w16, x16, ld, slack, inverseW, beta, inverseX, thresholds, count, masks, maskStride, scratch);
    x16 += ld << 2; inverseX += 32; thresholds += 32; masks++;
  } while (--panelCount > 0);
}
