// i16_quantize_rows, naive. Element by element; the same scales, the norm summed in f64.
export function i16_quantize_rows(x: usize, n: i32, d: i32, group: i32, out: usize, inverse: usize): void {
  const limit = (46000 - 0.51 * sqrt<f64>(<f64>d)) * 0.9990234375;
  for (let i = 0; i < n; i++) {
    const row = x + (<usize>(i * d) << 2);
    let largest: f64 = 0, squares: f64 = 0;
    for (let j = 0; j < d; j++) {
      const v = <f64>load<f32>(row + (<usize>j << 2));
      largest = max(largest, abs(v));
      squares += v * v;
    }
    const zero = largest == 0;
    const regular = largest >= 9.094947017729282e-13 && largest <= 1099511627776;
    const s: f64 = regular ? min(32766 / largest, limit / sqrt(squares)) : 0;
    store<f32>(inverse + (<usize>i << 2), regular ? <f32>(1 / s) : zero ? 0 : Infinity);
    for (let j = 0; j < d; j++) {
      const at = ((i / group) * (d >> 1) + (j >> 1)) * group * 2 + (i % group) * 2 + (j & 1);
      store<i16>(out + (<usize>at << 1), regular ? <i16>nearest<f64>(<f64>load<f32>(row + (<usize>j << 2)) * s) : 0);
    }
  }
}
