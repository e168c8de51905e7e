// i16_sae_slack: the constant of the bound derived in i16_sae_screen_4x8.ts.
import { gamma } from "../sae/bound";

/** C, in units of the 16-bit product. */
export function i16_sae_slack(d: i32): i32 {
  const h = 0.51 * sqrt<f64>(<f64>d), S = 46000.0;
  return <i32>ceil<f64>((2 * S * h + h * h + gamma(d) * (S + h) * (S + h)) * 1.000001 + 513);
}
