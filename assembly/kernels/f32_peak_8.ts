// f32_peak_8: what the engine can do in registers alone, the ceiling that the benchmark
// measures kernels against: the 8 multiplications and 8 additions of a 4x8 tile's turn,
// without its loads. The eight products of a turn are different ones; that they stay in the
// loop is asserted by test/kernels/census.test.ts.

function turn(n: i32, seed: f32): f32 {
  const y = f32x4.splat(seed), z = f32x4.splat(seed + seed);
  const x0 = f32x4.splat(1), x1 = f32x4.splat(2), x2 = f32x4.splat(3), x3 = f32x4.splat(4);
  let c0 = y, c1 = y, c2 = y, c3 = y, c4 = y, c5 = y, c6 = y, c7 = y;
  do {
    c0 = f32x4.add(c0, f32x4.mul(x0, y)); c1 = f32x4.add(c1, f32x4.mul(x1, y));
    c2 = f32x4.add(c2, f32x4.mul(x2, y)); c3 = f32x4.add(c3, f32x4.mul(x3, y));
    c4 = f32x4.add(c4, f32x4.mul(x0, z)); c5 = f32x4.add(c5, f32x4.mul(x1, z));
    c6 = f32x4.add(c6, f32x4.mul(x2, z)); c7 = f32x4.add(c7, f32x4.mul(x3, z));
  } while (--n > 0);
  const s = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
  return f32x4.extract_lane(s, 0);
}

/** `calls` times `n` turns of 64 flop. `seed`: small, or the sums grow to infinity. */
export function f32_peak_8(calls: i32, n: i32, seed: f32): f32 {
  let s: f32 = 0;
  do { s += turn(n, seed); } while (--calls > 0);
  return s;
}
