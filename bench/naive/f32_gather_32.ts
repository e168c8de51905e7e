// f32_gather_32, naive. Entry by entry, through memory.
export function f32_gather_32(index: usize, coefficient: usize, n: i32, rows: usize, d: i32, init: usize, out: usize): void {
  if (init != out) memory.copy(out, init, <usize>d << 2);
  for (let i = 0; i < n; i++) {
    const row = rows + (<usize>(load<i32>(index + (<usize>i << 2)) * d) << 2), s = load<f32>(coefficient + (<usize>i << 2));
    for (let c = 0; c < d; c++) store<f32>(out + (<usize>c << 2), load<f32>(out + (<usize>c << 2)) + s * load<f32>(row + (<usize>c << 2)));
  }
}
