// The tile of f32_sae_encode_4x8 and f32_sae_encode_list_4x8; the former's header has the layout.
import { madd, transpose4 } from "../lanes";

function tile(w: usize, x: usize, end: usize, bias: usize, out: usize): void {
  let c00 = v128.load32_splat(bias), c01 = c00;
  let c10 = v128.load32_splat(bias, 4), c11 = c10;
  let c20 = v128.load32_splat(bias, 8), c21 = c20;
  let c30 = v128.load32_splat(bias, 12), c31 = c30;
  do {
    const b0 = v128.load(x), b1 = v128.load(x, 16);
    let s = v128.load32_splat(w); c00 = madd(s, b0, c00); c01 = madd(s, b1, c01);
    s = v128.load32_splat(w, 4); c10 = madd(s, b0, c10); c11 = madd(s, b1, c11);
    s = v128.load32_splat(w, 8); c20 = madd(s, b0, c20); c21 = madd(s, b1, c21);
    s = v128.load32_splat(w, 12); c30 = madd(s, b0, c30); c31 = madd(s, b1, c31);
    w += 16; x += 32;
  } while (x < end);
  v128.store(out, c00); v128.store(out, c01, 16);
  v128.store(out, c10, 32); v128.store(out, c11, 48);
  v128.store(out, c20, 64); v128.store(out, c21, 80);
  v128.store(out, c30, 96); v128.store(out, c31, 112);
}

function features(w: usize, ld: usize, x: usize, end: usize, bias: usize, out: usize, n: i32): void {
  do {
    tile(w, x, end, bias, out);
    w += ld << 2; bias += 16; out += 128; n -= 4;
  } while (n > 0);
}

/** n features of every panel. */
export function eachPanel(x: usize, count: i32, w: usize, ld: usize, bias: usize, out: usize, outPanel: usize, n: i32): void {
  do {
    features(w, ld, x, x + (ld << 3), bias, out, n);
    x += ld << 3; out += outPanel;
  } while (--count > 0);
}

/** Four rows of D floats -> [D][4]. */
export function interleave(w: usize, w1: usize, w2: usize, w3: usize, ld: usize, out: usize): void {
  const end = w + ld;
  let at: usize = 0;
  do {
    transpose4(v128.load(w + at), v128.load(w1 + at), v128.load(w2 + at), v128.load(w3 + at), out);
    at += 16; out += 64;
  } while (w + at < end);
}
