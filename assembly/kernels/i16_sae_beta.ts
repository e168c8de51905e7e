// i16_sae_beta: the part of a feature in the bound derived in i16_sae_screen_4x8.ts.
import { gamma } from "../sae/bound";

/** beta[n] from biases and thresholds [n]. */
export function i16_sae_beta(bias: usize, thresholds: usize, n: i32, d: i32, beta: usize): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, b = <f64>load<f32>(bias + at);
    const v = b - <f64>load<f32>(thresholds + at) + gamma(d) * 1.000001 * abs<f64>(b);
    store<f32>(beta + at, <f32>(v + abs<f64>(v) * 2.384185791015625e-7 + 7.888609052210118e-31));
  }
}
