// f32_sae_weight_grad: gradients of both weight matrices from lists per feature; rows of
// features without an entry are not touched.
//   gDec[f] += sum value * dr[b];  gEnc[f] += sum df * xc[b]
import { f32_gather_32 } from "./f32_gather_32";

/** Features [from, to), whose rows begin at gDec, gEnc: [to-from][D]. */
export function f32_sae_weight_grad(first: usize, sample: usize, value: usize, df: usize, from: i32, to: i32, dr: usize, xc: usize, d: i32, gDec: usize, gEnc: usize): void {
  const ld = <usize>d << 2;
  for (let f = from; f < to; f++) {
    const a = load<i32>(first + (<usize>f << 2)), n = load<i32>(first + (<usize>f << 2), 4) - a, at = <usize>a << 2;
    if (n > 0) {
      f32_gather_32(sample + at, value + at, n, dr, d, gDec, gDec);
      f32_gather_32(sample + at, df + at, n, xc, d, gEnc, gEnc);
    }
    gDec += ld; gEnc += ld;
  }
}
