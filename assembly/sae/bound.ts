// What the kernels of screening share of the bound derived in i16_sae_screen_4x8.ts.

// @ts-ignore: decorator
@inline
export function gamma(d: i32): f64 { return <f64>(d + 2) / (16777216.0 - <f64>(d + 2)); }

/** U of 4 features x 8 samples; bit 8 r + s of the result: wanted. U is stored where any is. */
export function boundTile(w: usize, x: usize, end: usize, slack: i32, inverse: usize, beta: usize, inverseX: usize, thresholds: usize, out: usize): i32 {
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
