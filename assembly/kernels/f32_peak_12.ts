// f32_peak_12: what the engine can do in registers alone, the ceiling that the benchmark
// measures kernels against. Twelve independent chains c = c y + x in 14 registers: enough to
// hide the latency of a multiplication and an addition on every machine at hand. Each
// product takes the chain's own value, so none can be moved out of the loop or folded away
// (that they stay is asserted by test/kernels/census.test.ts).

function chains(n: i32, seed: f32): f32 {
  const x = f32x4.splat(seed), y = f32x4.splat(seed * 0.5);
  let c0 = f32x4.splat(seed), c1 = f32x4.splat(seed + 1), c2 = f32x4.splat(seed + 2), c3 = f32x4.splat(seed + 3);
  let c4 = f32x4.splat(seed + 4), c5 = f32x4.splat(seed + 5), c6 = f32x4.splat(seed + 6), c7 = f32x4.splat(seed + 7);
  let c8 = f32x4.splat(seed + 8), c9 = f32x4.splat(seed + 9), ca = f32x4.splat(seed + 10), cb = f32x4.splat(seed + 11);
  do {
    c0 = f32x4.add(f32x4.mul(c0, y), x); c1 = f32x4.add(f32x4.mul(c1, y), x);
    c2 = f32x4.add(f32x4.mul(c2, y), x); c3 = f32x4.add(f32x4.mul(c3, y), x);
    c4 = f32x4.add(f32x4.mul(c4, y), x); c5 = f32x4.add(f32x4.mul(c5, y), x);
    c6 = f32x4.add(f32x4.mul(c6, y), x); c7 = f32x4.add(f32x4.mul(c7, y), x);
    c8 = f32x4.add(f32x4.mul(c8, y), x); c9 = f32x4.add(f32x4.mul(c9, y), x);
    ca = f32x4.add(f32x4.mul(ca, y), x); cb = f32x4.add(f32x4.mul(cb, y), x);
  } while (--n > 0);
  const s0 = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
  const s1 = f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7));
  const s2 = f32x4.add(f32x4.add(c8, c9), f32x4.add(ca, cb));
  return f32x4.extract_lane(f32x4.add(f32x4.add(s0, s1), s2), 0);
}

/** `calls` times `turns` turns of 96 flop. `seed` below 2, or the chains grow to infinity. */
export function f32_peak_12(calls: i32, turns: i32, seed: f32): f32 {
  let s: f32 = 0;
  do { s += chains(turns, seed); } while (--calls > 0);
  return s;
}
