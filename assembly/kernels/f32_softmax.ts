// f32_softmax: y_i = exp(x_i - max x) / sum_j exp(x_j - max x). exp and the sum are
// f64, in index order, rounded once at the end.
import { exponentials, largestOf } from "../exponentials";

/** n >= 1 values; `scratch`: n f64. In place is allowed. */
export function f32_softmax(x: usize, y: usize, n: i32, scratch: usize): void {
  const top = largestOf(x, n);
  const sum = exponentials(x, n, top, scratch);
  for (let i = 0; i < n; i++) store<f32>(y + (<usize>i << 2), <f32>(load<f64>(scratch + (<usize>i << 3)) / sum));
}
