// f32_softmax: y_i = exp(x_i - max x) / sum_j exp(x_j - max x). exp and the sum are
// f64, in index order, rounded once at the end.
import { f64_exp } from "../math/f64";

/** n >= 1 values; `scratch`: n f64. In place is allowed. */
export function f32_softmax(x: usize, y: usize, n: i32, scratch: usize): void {
  let top = load<f32>(x);
  for (let i = 1; i < n; i++) top = max(top, load<f32>(x + (<usize>i << 2)));
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const e = f64_exp(<f64>load<f32>(x + (<usize>i << 2)) - <f64>top);
    store<f64>(scratch + (<usize>i << 3), e);
    sum += e;
  }
  for (let i = 0; i < n; i++) store<f32>(y + (<usize>i << 2), <f32>(load<f64>(scratch + (<usize>i << 3)) / sum));
}
