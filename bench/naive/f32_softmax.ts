// f32_softmax, naive. Softmax that computes each exponential twice instead of keeping it.
import { f64_exp } from "../../assembly/math/f64";

export function f32_softmax(x: usize, y: usize, n: i32, scratch: usize): void {
  let top = -Infinity as f64, sum: f64 = 0;
  for (let i = 0; i < n; i++) top = max<f64>(top, load<f32>(x + (<usize>i << 2)));
  for (let i = 0; i < n; i++) sum += f64_exp(<f64>load<f32>(x + (<usize>i << 2)) - top);
  for (let i = 0; i < n; i++) store<f32>(y + (<usize>i << 2), <f32>(f64_exp(<f64>load<f32>(x + (<usize>i << 2)) - top) / sum));
}
