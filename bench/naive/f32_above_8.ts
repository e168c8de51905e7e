// f32_above_8, naive. Sample by sample, value by value.
export function f32_above_8(pre: usize, f: i32, thresholds: usize, values: usize, indices: usize, counts: usize): void {
  for (let lane = 0; lane < 8; lane++) {
    let n = 0;
    for (let i = 0; i < f; i++) {
      const v = load<f32>(pre + (<usize>(i * 8 + lane) << 2));
      if (!(v > load<f32>(thresholds + (<usize>i << 2)))) continue;
      store<f32>(values + (<usize>(lane * f + n) << 2), v);
      store<i32>(indices + (<usize>(lane * f + n) << 2), i);
      n++;
    }
    store<i32>(counts + (<usize>lane << 2), n);
  }
}
