// f32_linear_1x16: y[f] = b[f] + sum_k w[f, k] x[k], one input vector.
// lanes: 16 neighbouring outputs; k runs in order.
// needs: weights from f32_linear_pack16; bias and y have room for F rounded up to 16.
import { madd } from "../lanes";

function panel(x: usize, w: usize, end: usize, bias: usize, y: usize): void {
  let s0 = v128.load(bias), s1 = v128.load(bias, 16), s2 = v128.load(bias, 32), s3 = v128.load(bias, 48);
  do {
    const a = v128.load32_splat(x);
    s0 = madd(a, v128.load(w), s0); s1 = madd(a, v128.load(w, 16), s1);
    s2 = madd(a, v128.load(w, 32), s2); s3 = madd(a, v128.load(w, 48), s3);
    x += 4; w += 64;
  } while (w < end);
  v128.store(y, s0); v128.store(y, s1, 16); v128.store(y, s2, 32); v128.store(y, s3, 48);
}

/** x [inputs], at least one; y [outputs]. */
export function f32_linear_1x16(x: usize, inputs: i32, packed: usize, bias: usize, y: usize, outputs: i32): void {
  const bytes = <usize>inputs << 6;
  for (; outputs > 0; outputs -= 16) { panel(x, packed, packed + bytes, bias, y); packed += bytes; bias += 64; y += 64; }
}
