// f32_cross_entropy: of logits x and the class `target`, in f64 and in index order:
//   loss = log sum_j exp(x_j - max x) + max x - x_target;  g_i = softmax(x)_i - [i == target]
import { exponentials, largestOf } from "../exponentials";
import { f64_log } from "../math/f64";

/** n >= 1 logits; g [n]: the gradient of the loss by them; `scratch`: n f64. Returns the loss. */
export function f32_cross_entropy(x: usize, n: i32, target: i32, g: usize, scratch: usize): f64 {
  const top = largestOf(x, n);
  const sum = exponentials(x, n, top, scratch);
  for (let i = 0; i < n; i++) store<f32>(g + (<usize>i << 2), <f32>(load<f64>(scratch + (<usize>i << 3)) / sum - (i == target ? 1.0 : 0.0)));
  return f64_log(sum) + <f64>top - <f64>load<f32>(x + (<usize>target << 2));
}
