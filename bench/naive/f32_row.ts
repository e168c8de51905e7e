// f32_row, naive. Rows by plain sums.
function inner(p: usize, q: usize, d: i32): f32 {
  let s: f32 = 0;
  for (let c = 0; c < d; c++) s += load<f32>(p + (<usize>c << 2)) * load<f32>(q + (<usize>c << 2));
  return s;
}

export function f32_row_norms(x: usize, n: i32, d: i32, norms: usize): void {
  for (let i = 0; i < n; i++) store<f32>(norms + (<usize>i << 2), sqrt<f32>(inner(x + (<usize>(i * d) << 2), x + (<usize>(i * d) << 2), d)));
}

export function f32_row_normalize(x: usize, n: i32, d: i32): void {
  for (let i = 0; i < n; i++) {
    const row = x + (<usize>(i * d) << 2), norm = sqrt<f32>(inner(row, row, d));
    if (norm > 0) for (let c = 0; c < d; c++) store<f32>(row + (<usize>c << 2), load<f32>(row + (<usize>c << 2)) / norm);
  }
}

export function f32_row_project(g: usize, w: usize, n: i32, d: i32): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>(i * d) << 2, s = inner(g + at, w + at, d);
    for (let c = 0; c < d; c++) store<f32>(g + at + (<usize>c << 2), load<f32>(g + at + (<usize>c << 2)) - s * load<f32>(w + at + (<usize>c << 2)));
  }
}

export function f32_row_inner(a: usize, b: usize, n: i32, d: i32, out: usize): void {
  for (let i = 0; i < n; i++) store<f32>(out + (<usize>i << 2), inner(a + (<usize>(i * d) << 2), b + (<usize>(i * d) << 2), d));
}
