// f32_dots_4, naive. One row after the other.
export function f32_dots_4(index: usize, n: i32, rows: usize, d: i32, vector: usize, out: usize): void {
  for (let i = 0; i < n; i++) {
    const row = rows + (<usize>(load<i32>(index + (<usize>i << 2)) * d) << 2);
    let s = load<f32>(out + (<usize>i << 2));
    for (let j: usize = 0; j < <usize>d << 2; j += 4) s += load<f32>(row + j) * load<f32>(vector + j);
    store<f32>(out + (<usize>i << 2), s);
  }
}
