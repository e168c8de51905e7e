// The exponentials of softmax and cross-entropy: exp(x_i - max x) in f64, summed in index order.
import { f64_exp } from "./math/f64";

/** The largest of n >= 1 values. */
export function largestOf(x: usize, n: i32): f32 {
  let top = load<f32>(x);
  for (let i = 1; i < n; i++) top = max(top, load<f32>(x + (<usize>i << 2)));
  return top;
}

/** e [n] f64: exp(x_i - top). Returns their sum. */
export function exponentials(x: usize, n: i32, top: f32, e: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const v = f64_exp(<f64>load<f32>(x + (<usize>i << 2)) - <f64>top);
    store<f64>(e + (<usize>i << 3), v);
    sum += v;
  }
  return sum;
}
