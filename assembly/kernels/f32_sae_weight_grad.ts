// f32_sae_weight_grad: gradients of both weight matrices and the encoder bias from lists
// per feature; features without an entry are not touched.
//   gDec[f] += sum value * dr[b];  gEnc[f] += sum df * xc[b];  gBias[f] += sum df
import { f32_gather_32 } from "./f32_gather_32";

function sum(p: usize, end: usize): f32 {
  let s: f32 = 0;
  while (p < end) { s += load<f32>(p); p += 4; }
  return s;
}

/** Features [from, to). gDec, gEnc: [F][D]. */
export function f32_sae_weight_grad(first: usize, sample: usize, value: usize, df: usize, from: i32, to: i32, dr: usize, xc: usize, d: i32, gDec: usize, gEnc: usize, gBias: usize): void {
  const ld = <usize>d << 2;
  for (let f = from; f < to; f++) {
    const a = load<i32>(first + (<usize>f << 2)), n = load<i32>(first + (<usize>f << 2), 4) - a;
    if (n == 0) continue;
    const at = <usize>a << 2, row = <usize>f * ld, b = gBias + (<usize>f << 2);
    f32_gather_32(sample + at, value + at, n, dr, d, gDec + row, gDec + row);
    f32_gather_32(sample + at, df + at, n, xc, d, gEnc + row, gEnc + row);
    store<f32>(b, load<f32>(b) + sum(df + at, df + at + (<usize>n << 2)));
  }
}

/** out[f] += sum of value over the entries of feature f. */
export function f32_add_feature_sums(first: usize, value: usize, f: i32, out: usize): void {
  for (let i = 0; i < f; i++) {
    const a = <usize>load<i32>(first) << 2, b = <usize>load<i32>(first, 4) << 2;
    if (a < b) store<f32>(out, load<f32>(out) + sum(value + a, value + b));
    first += 4; out += 4;
  }
}
