// f32_sae_decode: sparse decoding of a block of samples, its residual, and the gradient
// with respect to each active latent.
//   xhat = b_dec + sum_i f_i W_dec[i];  r = xhat - x;  dr = scale * r;  df_i = dr . W_dec[i]
// layout: lists per sample: start[b]..start[b+1] in index/value/df. Rows of D floats.
import { madd, sum4 } from "../lanes";
import { f32_gather_32 } from "./f32_gather_32";

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

/** residual = xhat - x in place; returns its squared norm. */
function subtract(xhat: usize, x: usize, d: i32): f32 {
  let s = f32x4.splat(0);
  do {
    const r = f32x4.sub(v128.load(xhat), v128.load(x));
    v128.store(xhat, r);
    s = madd(r, r, s);
    xhat += 16; x += 16; d -= 4;
  } while (d > 0);
  return sum4(s);
}

/**
 * xhat [n][D] of n samples whose entries are from[b] .. to[b]. `init`: what the sums start
 * from, rows of `initStride` floats apart (0: one row for all). init may be xhat.
 */
export function f32_sae_decode_spans(from: usize, to: usize, index: usize, value: usize, n: i32, wDec: usize, init: usize, initStride: i32, d: i32, xhat: usize): void {
  for (let b = 0; b < n; b++) {
    const first = load<i32>(from);
    f32_gather_32(index + (<usize>first << 2), value + (<usize>first << 2), load<i32>(to) - first, wDec, d, init, xhat);
    from += 4; to += 4; init += <usize>initStride << 2; xhat += <usize>d << 2;
  }
}

/** xhat [n][D] of n samples. */
export function f32_sae_decode(start: usize, index: usize, value: usize, n: i32, wDec: usize, bDec: usize, d: i32, xhat: usize): void {
  f32_sae_decode_spans(start, start + 4, index, value, n, wDec, bDec, 0, d, xhat);
}

/** residual [n][D] holds xhat and becomes xhat - x; squared norms go to errors[n]. */
export function f32_sae_residual(residual: usize, x: usize, n: i32, d: i32, errors: usize): void {
  const ld = <usize>d << 2;
  for (let b = 0; b < n; b++) {
    store<f32>(errors, subtract(residual, x, d));
    residual += ld; x += ld; errors += 4;
  }
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

/** y += scale * (x - y), n floats (n % 4 == 0): the running average of weights. */
export function f32_lerp(x: usize, scale: f32, y: usize, n: i32): void {
  const s = f32x4.splat(scale);
  const end = x + (<usize>n << 2);
  while (x < end) {
    const v = v128.load(y);
    v128.store(y, madd(s, f32x4.sub(v128.load(x), v), v));
    x += 16; y += 16;
  }
}

/** out[i] of the entries of n samples from a dense tile [n/8][F][8]. */
export function f32_sae_pick_8(start: usize, index: usize, n: i32, tile: usize, f: i32, out: usize): void {
  for (let b = 0; b < n; b++) {
    const row = tile + (<usize>((b >> 3) * f) << 5) + (<usize>(b & 7) << 2);
    for (let i = load<i32>(start), end = load<i32>(start, 4); i < end; i++)
      store<f32>(out + (<usize>i << 2), load<f32>(row + (<usize>load<i32>(index + (<usize>i << 2)) << 5)));
    start += 4;
  }
}

/** out [n][columns] of lists: zero but for the entries. With lists per latent it is the transpose. */
export function f32_sae_scatter(start: usize, index: usize, value: usize, n: i32, columns: i32, out: usize): void {
  memory.fill(out, 0, <usize>(n * columns) << 2);
  for (let b = 0; b < n; b++) {
    for (let i = load<i32>(start), end = load<i32>(start, 4); i < end; i++) {
      const at = <usize>i << 2;
      store<f32>(out + (<usize>load<i32>(index + at) << 2), load<f32>(value + at));
    }
    start += 4; out += <usize>columns << 2;
  }
}

/** y = scale * x, n floats (n % 4 == 0). */
export function f32_scale(x: usize, scale: f32, y: usize, n: i32): void {
  const s = f32x4.splat(scale);
  const end = x + (<usize>n << 2);
  while (x < end) {
    v128.store(y, f32x4.mul(v128.load(x), s));
    x += 16; y += 16;
  }
}

/** sums[D] += rows of x [n][D], in order of the rows. */
export function f32_column_sums(x: usize, n: i32, d: i32, sums: usize): void {
  for (let c = 0; c < d; c += 4) {
    let p = x, s = v128.load(sums);
    for (let i = 0; i < n; i++) { s = f32x4.add(s, v128.load(p)); p += <usize>d << 2; }
    v128.store(sums, s);
    x += 16; sums += 16;
  }
}
