// f32_pow_sum: f32_pow_penalty without its gradient.
import { f64_pow } from "../math/f64";

/** p = `exponent`: sum f^p of n entries, f held at `floor` or above. */
export function f32_pow_sum(value: usize, n: i32, exponent: f64, floor: f64): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) { sum += f64_pow(max<f64>(<f64>load<f32>(value), floor), exponent); value += 4; }
  return sum;
}
