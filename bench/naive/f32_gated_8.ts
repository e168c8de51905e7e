// f32_gated_8, naive. Sample by sample, value by value.
export function f32_gated_8(pre: usize, f: i32, bGate: usize, scale: usize, bMag: usize, onlyActive: i32, gates: usize, values: usize, indices: usize, counts: usize): void {
  for (let lane = 0; lane < 8; lane++) {
    let n = 0;
    for (let i = 0; i < f; i++) {
      const v = load<f32>(pre + (<usize>(i * 8 + lane) << 2)), pi = v + load<f32>(bGate + (<usize>i << 2));
      if (!(pi > 0)) continue;
      const magnitude = max<f32>(load<f32>(scale + (<usize>i << 2)) * v + load<f32>(bMag + (<usize>i << 2)), 0);
      if (onlyActive != 0 && !(magnitude > 0)) continue;
      const to = <usize>(lane * f + n) << 2;
      store<f32>(gates + to, pi);
      store<f32>(values + to, magnitude);
      store<i32>(indices + to, i);
      n++;
    }
    store<i32>(counts + (<usize>lane << 2), n);
  }
}
