// f32_cross_entropy: of logits x and the class `target`, in f64 and in index order:
//   loss = log sum_j exp(x_j - max x) + max x - x_target;  g_i = softmax(x)_i - [i == target]
import { f64_exp, f64_log } from "../math/f64";

/** n >= 1 logits; g [n]: the gradient of the loss by them; `scratch`: n f64. Returns the loss. */
export function f32_cross_entropy(x: usize, n: i32, target: i32, g: usize, scratch: usize): f64 {
  let top = load<f32>(x);
  for (let i = 1; i < n; i++) top = max(top, load<f32>(x + (<usize>i << 2)));
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const e = f64_exp(<f64>load<f32>(x + (<usize>i << 2)) - <f64>top);
    store<f64>(scratch + (<usize>i << 3), e);
    sum += e;
  }
  for (let i = 0; i < n; i++) store<f32>(g + (<usize>i << 2), <f32>(load<f64>(scratch + (<usize>i << 3)) / sum - (i == target ? 1.0 : 0.0)));
  return f64_log(sum) + <f64>top - <f64>load<f32>(x + (<usize>target << 2));
}
