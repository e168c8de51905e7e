// f16_widen: half floats -> f32, exactly: the bits moved to their place, times 2^112; also for denormal ones.
// lanes: four values. needs: n % 4 == 0.

export function f16_widen(x: usize, n: i32, out: usize): void {
  const magnitude = i32x4.splat(0x7fff), exponent = i32x4.splat(0x7c00);
  const infinite = i32x4.splat(0x7f800000), scale = f32x4.splat(5.192296858534828e33); // 2^112
  do {
    const h = v128.load_ext<u16>(x), m = v128.and(h, magnitude);
    const v = f32x4.mul(i32x4.shl(m, 13), scale);
    // An exponent of ones stays one: infinity and NaN.
    const w = v128.or(v, v128.and(i32x4.eq(v128.and(h, exponent), exponent), infinite));
    v128.store(out, v128.or(w, i32x4.shl(v128.andnot(h, magnitude), 16)));
    x += 8; out += 16; n -= 4;
  } while (n > 0);
}
