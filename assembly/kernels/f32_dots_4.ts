// f32_dots_4: out[i] += rows[index[i]] . vector, the products added one by one in order of d.
// The order of f32_sae_encode_4x8, so that out, holding the bias, becomes the value (the
// bits) that it gives: exact values of a few chosen pre-activations.
// lanes: four rows side by side, turned 4x4 at a time. needs: D % 4 == 0.
// Eight rows a turn, or sixteen turned into a panel first, were no faster (docs/lab/sae.md).
import { madd } from "../lanes";

function four(p0: usize, p1: usize, p2: usize, p3: usize, v: usize, end: usize, out: usize): void {
  let s = v128.load(out);
  do {
    const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
    const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7), d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    s = madd(v128.load32_splat(v), v128.shuffle<i32>(a, b, 0, 1, 4, 5), s);
    s = madd(v128.load32_splat(v, 4), v128.shuffle<i32>(a, b, 2, 3, 6, 7), s);
    s = madd(v128.load32_splat(v, 8), v128.shuffle<i32>(c, d, 0, 1, 4, 5), s);
    s = madd(v128.load32_splat(v, 12), v128.shuffle<i32>(c, d, 2, 3, 6, 7), s);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16; v += 16;
  } while (v < end);
  v128.store(out, s);
}

// @ts-ignore: decorator
@inline
function row(rows: usize, index: usize, ld: usize): usize { return rows + <usize>load<i32>(index) * ld; }

/** index: i32[n], n rounded up to 4 readable and valid rows; out likewise readable and writable. */
export function f32_dots_4(index: usize, n: i32, rows: usize, d: i32, vector: usize, out: usize): void {
  const ld = <usize>d << 2, end = vector + ld;
  for (; n > 0; n -= 4) {
    four(row(rows, index, ld), row(rows, index + 4, ld), row(rows, index + 8, ld), row(rows, index + 12, ld), vector, end, out);
    index += 16; out += 16;
  }
}
