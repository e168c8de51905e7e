// f32_adam, naive. Adam, one parameter after the other.
export function f32_adam(p: usize, m: usize, v: usize, g: usize, n: i32, scale: f32, rate: f32, correction: f32, b1: f32, b2: f32, eps: f32): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, gg = load<f32>(g + at) * scale;
    const mm = b1 * load<f32>(m + at) + (1 - b1) * gg, vv = b2 * load<f32>(v + at) + (1 - b2) * (gg * gg);
    store<f32>(m + at, mm);
    store<f32>(v + at, vv);
    store<f32>(p + at, load<f32>(p + at) - rate * mm / (sqrt<f32>(vv) * correction + eps));
  }
}
