// f32_sae_decode: sparse decoding of a block of samples, xhat = b_dec + sum_i f_i W_dec[i].
// layout: lists per sample: start[b]..start[b+1] in index/value. Rows of D floats.
import { f32_gather_32 } from "./f32_gather_32";

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
