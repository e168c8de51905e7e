// f32_conv1x1_4x8: 1x1 convolution NHWC, bias and an optional ReLU in the epilogue.
//   y[p, f] = max(low, b[f] + sum_c x[p, c] w[f, c])
// A turn takes `block` groups of 4 pixels, interleaves them once to [group][C][4] (L1/L2
// sized scratch), and runs them through every panel of weights: one pointer walks the
// pixels, as in f32_gemm_packed_4x8. Addresses come from the table of f32_conv_4x8.
// lanes: 8 neighbouring output channels of one pixel; c runs in order.
// needs: Cin % 4 == 0, Cout % 4 == 0; weights from f32_conv_pack8; bias of Cout rounded up to 8.
import { interleavePixels, madd } from "../lanes";

function tile4x8(t: usize, a: usize, b: usize, end: usize, bias: usize, low: f32, at: usize, half: i32): void {
  let s00 = v128.load(bias), s01 = v128.load(bias, 16);
  let s10 = s00, s11 = s01, s20 = s00, s21 = s01, s30 = s00, s31 = s01;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
    x = v128.load32_splat(a, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
    x = v128.load32_splat(a, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
    x = v128.load32_splat(a, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
    a += 16; b += 32;
  } while (b < end);
  const z = f32x4.splat(low);
  const d0 = load<usize>(t, 16) + at, d1 = load<usize>(t, 20) + at, d2 = load<usize>(t, 24) + at, d3 = load<usize>(t, 28) + at;
  v128.store(d0, f32x4.pmax(s00, z)); v128.store(d1, f32x4.pmax(s10, z));
  v128.store(d2, f32x4.pmax(s20, z)); v128.store(d3, f32x4.pmax(s30, z));
  if (half) return;
  v128.store(d0, f32x4.pmax(s01, z), 16); v128.store(d1, f32x4.pmax(s11, z), 16);
  v128.store(d2, f32x4.pmax(s21, z), 16); v128.store(d3, f32x4.pmax(s31, z), 16);
}

function panel(t: usize, last: usize, a: usize, group: usize, b: usize, end: usize, bias: usize, low: f32, at: usize, half: i32): void {
  do { tile4x8(t, a, b, end, bias, low, at, half); t += 32; a += group; } while (t < last);
}

/**
 * `table`: `groups` entries (>= 1) of 4 source and 4 destination addresses. `scratch`:
 * block * Cin * 4 floats. `relu` != 0: negative results become 0 (NaN stays).
 */
export function f32_conv1x1_4x8(table: usize, groups: i32, block: i32, cin: i32, packed: usize, bias: usize, cout: i32, relu: i32, scratch: usize): void {
  const low: f32 = relu ? 0 : -Infinity;
  const last = table + (<usize>groups << 5), step = <usize>block << 5;
  const group = <usize>cin << 4, bytes = <usize>cin << 5;
  for (; table < last; table += step) {
    const end = min(table + step, last);
    let a = scratch;
    for (let t = table; t < end; t += 32) { interleavePixels(t, a, cin); a += group; }
    let b = packed, bb = bias, at: usize = 0;
    let f = cout;
    for (; f >= 8; f -= 8) {
      panel(table, end, scratch, group, b, b + bytes, bb, low, at, 0);
      b += bytes; bb += 32; at += 32;
    }
    if (f > 0) panel(table, end, scratch, group, b, b + bytes, bb, low, at, 1);
  }
}
