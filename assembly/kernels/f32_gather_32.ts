// f32_gather_32: out[0..D) = init[0..D) + sum_i coefficient[i] * rows[index[i]][0..D).
// The one sparse product of an SAE: decoding (rows of W_dec), and both weight gradients
// (rows of the residual and of the input, gathered per feature).
// lanes: 32 columns at a time in eight registers, then 4; entries run in order, so that
//   every element has one reduction order. needs: D % 4 == 0.
import { madd } from "../lanes";

function gather32(index: usize, coefficient: usize, end: usize, rows: usize, ld: usize, init: usize, out: usize): void {
  let c0 = v128.load(init), c1 = v128.load(init, 16), c2 = v128.load(init, 32), c3 = v128.load(init, 48);
  let c4 = v128.load(init, 64), c5 = v128.load(init, 80), c6 = v128.load(init, 96), c7 = v128.load(init, 112);
  while (index < end) {
    const r = rows + <usize>load<i32>(index) * ld;
    const s = v128.load32_splat(coefficient);
    c0 = madd(s, v128.load(r), c0); c1 = madd(s, v128.load(r, 16), c1);
    c2 = madd(s, v128.load(r, 32), c2); c3 = madd(s, v128.load(r, 48), c3);
    c4 = madd(s, v128.load(r, 64), c4); c5 = madd(s, v128.load(r, 80), c5);
    c6 = madd(s, v128.load(r, 96), c6); c7 = madd(s, v128.load(r, 112), c7);
    index += 4; coefficient += 4;
  }
  v128.store(out, c0); v128.store(out, c1, 16); v128.store(out, c2, 32); v128.store(out, c3, 48);
  v128.store(out, c4, 64); v128.store(out, c5, 80); v128.store(out, c6, 96); v128.store(out, c7, 112);
}

function gather4(index: usize, coefficient: usize, end: usize, rows: usize, ld: usize, init: usize, out: usize): void {
  let c = v128.load(init);
  while (index < end) {
    c = madd(v128.load32_splat(coefficient), v128.load(rows + <usize>load<i32>(index) * ld), c);
    index += 4; coefficient += 4;
  }
  v128.store(out, c);
}

/** n entries; ld = D floats. `init` may be `out`. */
export function f32_gather_32(index: usize, coefficient: usize, n: i32, rows: usize, d: i32, init: usize, out: usize): void {
  const end = index + (<usize>n << 2), ld = <usize>d << 2;
  let at = d;
  for (; at >= 32; at -= 32) {
    gather32(index, coefficient, end, rows, ld, init, out);
    rows += 128; init += 128; out += 128;
  }
  for (; at > 0; at -= 4) {
    gather4(index, coefficient, end, rows, ld, init, out);
    rows += 16; init += 16; out += 16;
  }
}
