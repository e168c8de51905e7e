// f32_gated_8: the open gates of each of 8 samples (METHODS 3.4), in order of index:
//   pi = c + b_gate, open where pi > 0;  f = ReLU(scale * c + b_mag), scale = exp(r_mag)
// layout: pre: c = (x - b_dec) W [F][8], without a bias; bGate, scale, bMag [F];
//   gates (pi), values (f), indices [8][F]; counts i32[8].
import { insert } from "../lists";

function open(row: usize, f: i32, mask: i32, bias: f32, scale: f32, shift: f32, onlyActive: i32, gates: usize, values: usize, indices: usize, counts: usize, stride: usize): void {
  do {
    const lane = <usize>ctz(mask);
    mask &= mask - 1;
    const c = load<f32>(row + (lane << 2)), magnitude = max<f32>(scale * c + shift, 0);
    if (onlyActive != 0 && !(magnitude > 0)) continue;
    const n = insert(lane, magnitude, f, values, indices, counts, stride);
    store<f32>(gates + lane * stride + (<usize>(n - 1) << 2), c + bias);
  } while (mask);
}

/** `onlyActive`: leave out open gates of magnitude 0, which encoding has no use for and training's gate has. */
export function f32_gated_8(pre: usize, f: i32, bGate: usize, scale: usize, bMag: usize, onlyActive: i32, gates: usize, values: usize, indices: usize, counts: usize): void {
  const zero = f32x4.splat(0), stride = <usize>f << 2;
  memory.fill(counts, 0, 32);
  for (let i = 0; i < f; i++) {
    const b = v128.load32_splat(bGate);
    const g0 = f32x4.gt(f32x4.add(v128.load(pre), b), zero), g1 = f32x4.gt(f32x4.add(v128.load(pre, 16), b), zero);
    if (v128.any_true(v128.or(g0, g1)))
      open(pre, i, i32x4.bitmask(g0) | (i32x4.bitmask(g1) << 4), load<f32>(bGate), load<f32>(scale), load<f32>(bMag), onlyActive, gates, values, indices, counts, stride);
    pre += 32; bGate += 4; scale += 4; bMag += 4;
  }
}
