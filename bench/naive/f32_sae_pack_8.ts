// f32_sae_pack_8, naive. x minus an offset, twice, one value after the other.
export function f32_sae_pack_8(x: usize, offset: usize, rows: usize, panels: usize, n: i32, d: i32): void {
  for (let i = 0; i < n; i++)
    for (let c = 0; c < d; c++) {
      const v = load<f32>(x + (<usize>(i * d + c) << 2)) - load<f32>(offset + (<usize>c << 2));
      store<f32>(rows + (<usize>(i * d + c) << 2), v);
      store<f32>(panels + (<usize>(((i >> 3) * d + c) * 8 + (i & 7)) << 2), v);
    }
}
