// f32_conv_4x8: convolution (cross-correlation) NHWC as an implicit GEMM, any kernel
//   size, stride, padding and output width; bias and an optional ReLU in the epilogue.
//   y[p, f] = max(low, b[f] + sum_{ky,kx,c} x[p, ky, kx, c] w[f, c, ky, kx])
// The source is physically padded, so one kernel row of one pixel is one contiguous
// run of `segment` = KW*Cin floats. A table holds, per group of 4 output pixels, the 4
// addresses of the receptive fields and the 4 destination addresses; groups cross
// rows, the last one repeats its last pixel.
//
//   table: | src0 src1 src2 src3 | dst0 dst1 dst2 dst3 |   8 addresses per group
//
// lanes: 8 neighbouring output channels of one pixel; ky, kx, c run in order.
// needs: Cout % 4 == 0; weights from f32_conv_pack8; bias of Cout rounded up to 8.
import { madd } from "../lanes";

function tile4x8(t: usize, rows: i32, skip: usize, seg: usize, w: usize, bias: usize, low: f32, at: usize, half: i32): void {
  let a0: usize = load<usize>(t), a1: usize = load<usize>(t, 4), a2: usize = load<usize>(t, 8), a3: usize = load<usize>(t, 12);
  let s00 = v128.load(bias), s01 = v128.load(bias, 16);
  let s10 = s00, s11 = s01, s20 = s00, s21 = s01, s30 = s00, s31 = s01;
  do {
    const end = w + seg;
    do {
      const b0 = v128.load(w), b1 = v128.load(w, 16);
      let a = v128.load32_splat(a0); s00 = madd(a, b0, s00); s01 = madd(a, b1, s01);
      a = v128.load32_splat(a1); s10 = madd(a, b0, s10); s11 = madd(a, b1, s11);
      a = v128.load32_splat(a2); s20 = madd(a, b0, s20); s21 = madd(a, b1, s21);
      a = v128.load32_splat(a3); s30 = madd(a, b0, s30); s31 = madd(a, b1, s31);
      a0 += 4; a1 += 4; a2 += 4; a3 += 4; w += 32;
    } while (w < end);
    a0 += skip; a1 += skip; a2 += skip; a3 += skip;
  } while (--rows);
  const z = f32x4.splat(low);
  const d0: usize = load<usize>(t, 16) + at, d1: usize = load<usize>(t, 20) + at, d2: usize = load<usize>(t, 24) + at, d3: usize = load<usize>(t, 28) + at;
  v128.store(d0, f32x4.pmax(s00, z)); v128.store(d1, f32x4.pmax(s10, z));
  v128.store(d2, f32x4.pmax(s20, z)); v128.store(d3, f32x4.pmax(s30, z));
  if (half) return;
  v128.store(d0, f32x4.pmax(s01, z), 16); v128.store(d1, f32x4.pmax(s11, z), 16);
  v128.store(d2, f32x4.pmax(s21, z), 16); v128.store(d3, f32x4.pmax(s31, z), 16);
}

function panelGroups(t: usize, end: usize, rows: i32, skip: usize, seg: usize, w: usize, bias: usize, low: f32, at: usize, half: i32): void {
  do { tile4x8(t, rows, skip, seg, w, bias, low, at, half); t += 32; } while (t < end);
}

function blockPanels(t: usize, end: usize, rows: i32, skip: usize, seg: usize, w: usize, bias: usize, low: f32, cout: i32): void {
  const panel = seg * rows;
  let at: usize = 0;
  for (; cout >= 8; cout -= 8) {
    panelGroups(t, end, rows, skip, seg, w, bias, low, at, 0);
    w += panel; bias += 32; at += 32;
  }
  if (cout > 0) panelGroups(t, end, rows, skip, seg, w, bias, low, at, 1);
}

/**
 * `table`: `groups` entries (>= 1), worked through in blocks of `block` groups x all
 * channels. `kh` = KH, `srcRow` = bytes between source rows, `segment` = KW*Cin floats.
 * `relu` != 0: negative results become 0 (NaN stays).
 */
export function f32_conv_4x8(table: usize, groups: i32, block: i32, kh: i32, srcRow: usize, segment: i32, packed: usize, bias: usize, cout: i32, relu: i32): void {
  const low: f32 = relu ? 0 : -Infinity;
  const last = table + (<usize>groups << 5), step = <usize>block << 5;
  for (; table < last; table += step)
    blockPanels(table, min(table + step, last), kh, srcRow - (<usize>segment << 2), <usize>segment << 5, packed, bias, low, cout);
}
