// i8_quantize_rows, naive. Element by element, sums in f64.
import { gamma } from "../../assembly/sae/bound";

export function i8_quantize_rows(x: usize, n: i32, d: i32, out: usize, inverse: usize, bound: usize): void {
  const root = sqrt<f64>(<f64>d), c = 0.51 * root / 32700 + gamma(d) + 1.9073486328125e-6;
  for (let i = 0; i < n; i++) {
    const row = x + (<usize>(i * d) << 2);
    let largest: f32 = 0, squares: f64 = 0, errors: f64 = 0;
    for (let j = 0; j < d; j++) {
      const v = load<f32>(row + (<usize>j << 2));
      largest = max(largest, abs(v));
      squares += <f64>v * <f64>v;
    }
    const regular = largest >= 9.094947017729282e-13 && largest <= 1099511627776;
    const s: f32 = regular ? 127 / largest : 0, back: f32 = regular ? largest / 127 : 0;
    for (let j = 0; j < d; j++) {
      const v = load<f32>(row + (<usize>j << 2)), q = nearest<f32>(v * s), e = <f64>v - <f64>q * <f64>back;
      store<i8>(out + <usize>(i * d + j), regular ? <i8>q : 0);
      errors += e * e;
    }
    const e = sqrt<f64>(errors) * 1.001 + root * <f64>largest * 2.384185791015625e-7;
    store<f32>(inverse + (<usize>i << 2), back);
    store<f32>(bound + (<usize>i << 2), regular || largest == 0 ? <f32>((e + c * (sqrt<f64>(squares) * 1.001 + e)) * 1.000001) : Infinity);
  }
}
