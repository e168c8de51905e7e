// f32_sae_latent_grad: gradient with respect to each active latent, df_i = dr . W_dec[i].
// layout: lists per sample: start[b]..start[b+1] in index/df. Rows of D floats, D % 4 == 0.
import { madd, sum4 } from "../lanes";

/** Dot product of D floats: two registers, then (0+1)+(2+3). D % 4 == 0. */
function dot(a: usize, b: usize, d: i32): f32 {
  let s = f32x4.splat(0), t = f32x4.splat(0);
  for (; d >= 8; d -= 8) {
    s = madd(v128.load(a), v128.load(b), s);
    t = madd(v128.load(a, 16), v128.load(b, 16), t);
    a += 32; b += 32;
  }
  if (d > 0) s = madd(v128.load(a), v128.load(b), s);
  return sum4(f32x4.add(s, t));
}

function dots(index: usize, end: usize, dr: usize, wDec: usize, d: i32, df: usize): void {
  const ld = <usize>d << 2;
  while (index < end) {
    store<f32>(df, dot(dr, wDec + <usize>load<i32>(index) * ld, d));
    index += 4; df += 4;
  }
}

/** df of the entries from[b] .. to[b] of each sample: dr[b] . W_dec[index]. */
export function f32_sae_latent_grad_spans(from: usize, to: usize, index: usize, n: i32, dr: usize, wDec: usize, d: i32, df: usize): void {
  for (let b = 0; b < n; b++) {
    const a = <usize>load<i32>(from) << 2, z = <usize>load<i32>(to) << 2;
    dots(index + a, index + z, dr, wDec, d, df + a);
    from += 4; to += 4; dr += <usize>d << 2;
  }
}

/** df of every list entry: dr[b] . W_dec[index]. */
export function f32_sae_latent_grad(start: usize, index: usize, n: i32, dr: usize, wDec: usize, d: i32, df: usize): void {
  f32_sae_latent_grad_spans(start, start + 4, index, n, dr, wDec, d, df);
}
