// f32_sae_decode, naive. Sample by sample, entry by entry, through memory.
export function f32_sae_decode(start: usize, index: usize, value: usize, n: i32, wDec: usize, bDec: usize, d: i32, xhat: usize): void {
  for (let b = 0; b < n; b++) {
    for (let c = 0; c < d; c++) store<f32>(xhat + (<usize>(b * d + c) << 2), load<f32>(bDec + (<usize>c << 2)));
    for (let i = load<i32>(start + (<usize>b << 2)); i < load<i32>(start + (<usize>b << 2), 4); i++) {
      const row = wDec + (<usize>(load<i32>(index + (<usize>i << 2)) * d) << 2), s = load<f32>(value + (<usize>i << 2));
      for (let c = 0; c < d; c++) {
        const at = xhat + (<usize>(b * d + c) << 2);
        store<f32>(at, load<f32>(at) + s * load<f32>(row + (<usize>c << 2)));
      }
    }
  }
}
