// i8_screen_4: which rows may have a product with one query of at least a threshold, from 8-bit rows.
//   U[r] = (sum_d q[r][d] v[d]) i_r i_v + bound_r, in units of the query's norm; wanted where U >= threshold
// bound: i8_quantize_rows. A row that is not wanted is below the threshold; its exact value is f32_dots_4's.
//   No i32 overflows: ||q|| <= 127 sqrt(D), ||v|| <= 46000 (i16_quantize_rows), D <= 65536.
// layout: codes [n][D] of i8, query i16[D] as it comes (one row of i16_quantize_rows, not interleaved).
// lanes: eight columns of four rows a turn; sums of four rows side by side.
// needs: D % 16 == 0, n % 4 == 0; index and value with room for n more.

function four(w: usize, w1: usize, w2: usize, w3: usize, v: usize, end: usize, inverse: usize, bound: usize, inverseX: f32, out: usize): void {
  let c0 = i32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  do {
    const a = v128.load(v), b = v128.load(v, 16);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load_ext<i8>(w), a)); c0 = i32x4.add(c0, i32x4.dot_i16x8_s(v128.load_ext<i8>(w, 8), b));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load_ext<i8>(w1), a)); c1 = i32x4.add(c1, i32x4.dot_i16x8_s(v128.load_ext<i8>(w1, 8), b));
    c2 = i32x4.add(c2, i32x4.dot_i16x8_s(v128.load_ext<i8>(w2), a)); c2 = i32x4.add(c2, i32x4.dot_i16x8_s(v128.load_ext<i8>(w2, 8), b));
    c3 = i32x4.add(c3, i32x4.dot_i16x8_s(v128.load_ext<i8>(w3), a)); c3 = i32x4.add(c3, i32x4.dot_i16x8_s(v128.load_ext<i8>(w3, 8), b));
    w += 16; w1 += 16; w2 += 16; w3 += 16; v += 32;
  } while (v < end);
  const s = i32x4.add(v128.shuffle<i32>(c0, c1, 0, 4, 2, 6), v128.shuffle<i32>(c0, c1, 1, 5, 3, 7));
  const t = i32x4.add(v128.shuffle<i32>(c2, c3, 0, 4, 2, 6), v128.shuffle<i32>(c2, c3, 1, 5, 3, 7));
  const sums = i32x4.add(v128.shuffle<i32>(s, t, 0, 1, 4, 5), v128.shuffle<i32>(s, t, 2, 3, 6, 7));
  const scaled = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(sums), v128.load(inverse)), f32x4.splat(inverseX));
  v128.store(out, f32x4.add(scaled, v128.load(bound)));
}

// @ts-ignore: decorator
@inline
function wantedOf(u: usize, threshold: f32): i32 { return i32x4.bitmask(f32x4.lt(v128.load(u), f32x4.splat(threshold))) ^ 15; }

/**
 * Rows first .. first + n, whose codes, inverse and bound are given, for one query; what is wanted goes to the end of a
 * list of `count` entries. Returns how many it has then. inverseX: of the query over its norm. scratch: 4 floats.
 */
export function i8_screen_4(codes: usize, inverseW: usize, bound: usize, n: i32, d: i32, query: usize, inverseX: f32, threshold: f32, first: i32, index: usize, value: usize, count: i32, scratch: usize): i32 {
  const ld = <usize>d, end = query + (ld << 1), last = first + n;
  for (; first < last; first += 4) {
    four(codes, codes + ld, codes + (ld << 1), codes + 3 * ld, query, end, inverseW, bound, inverseX, scratch);
    let wanted = wantedOf(scratch, threshold);
    while (wanted) {
      const lane = ctz(wanted);
      wanted &= wanted - 1;
      store<i32>(index + (<usize>count << 2), first + lane);
      store<f32>(value + (<usize>count << 2), load<f32>(scratch + (<usize>lane << 2)));
      count++;
    }
    codes += ld << 2; inverseW += 16; bound += 16;
  }
  return count;
}
