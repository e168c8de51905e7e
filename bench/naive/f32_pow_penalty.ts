// f32_pow_penalty, naive. Two powers an entry, one for the sum and one for the slope.
import { f64_pow } from "../../assembly/math/f64";

export function f32_pow_penalty(value: usize, df: usize, n: i32, exponent: f64, scale: f64, floor: f64): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const f = max<f64>(<f64>load<f32>(value + (<usize>i << 2)), exponent < 1 ? floor : 0);
    sum += f64_pow(f, exponent);
    store<f32>(df + (<usize>i << 2), load<f32>(df + (<usize>i << 2)) + <f32>(scale * exponent * f64_pow(f, exponent - 1)));
  }
  return sum;
}
