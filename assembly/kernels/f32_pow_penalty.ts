// f32_pow_penalty: sparsity penalty sum f^p of p-annealing (METHODS 3.8).
import { f64_pow } from "../math/f64";

/** p = `exponent`: sum f^p of n entries f > 0; df += scale * p * f^(p-1), with f held at `floor` or above where p < 1: the slope is infinite at 0. */
export function f32_pow_penalty(value: usize, df: usize, n: i32, exponent: f64, scale: f64, floor: f64): f64 {
  let sum: f64 = 0;
  if (exponent == 1) {
    for (let i = 0; i < n; i++) {
      sum += <f64>load<f32>(value);
      store<f32>(df, load<f32>(df) + <f32>scale);
      value += 4; df += 4;
    }
    return sum;
  }
  for (let i = 0; i < n; i++) {
    const f = max<f64>(<f64>load<f32>(value), floor), power = f64_pow(f, exponent);
    sum += power;
    store<f32>(df, load<f32>(df) + <f32>(scale * exponent * power / f));
    value += 4; df += 4;
  }
  return sum;
}
