// i8_screen_4x8: i8_screen_4 for many queries: rows are widened to 16 bits once for all of them.
//   U and what is wanted as there; the product is the tile of i16_sae_screen_4x8.
// layout: queries as i16_quantize_rows leaves them, panels of 8: x16 [panelCount][D/2][8][2]; codes [n][D] of i8.
// needs: D % 16 == 0, n % 32 == 0, lists with room for n more; scratch: 16 D + 32 floats.
import { insert } from "../lists";
import { boundTile } from "../sae/bound";

/** Rows a turn: with a panel of queries they stay in the first cache up to D 512. */
// @ts-ignore: decorator
@inline const ROWS: i32 = 32;

/** Four rows of codes -> [D/2][4][2] of i16. */
function widen(w: usize, w1: usize, w2: usize, w3: usize, end: usize, out: usize): void {
  do {
    const r0 = v128.load_ext<i8>(w), r1 = v128.load_ext<i8>(w1), r2 = v128.load_ext<i8>(w2), r3 = v128.load_ext<i8>(w3);
    const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
    const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7), d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<i32>(a, b, 0, 1, 4, 5)); v128.store(out, v128.shuffle<i32>(a, b, 2, 3, 6, 7), 16);
    v128.store(out, v128.shuffle<i32>(c, d, 0, 1, 4, 5), 32); v128.store(out, v128.shuffle<i32>(c, d, 2, 3, 6, 7), 48);
    w += 8; w1 += 8; w2 += 8; w3 += 8; out += 64;
  } while (w < end);
}

function widenRows(codes: usize, ld: usize, out: usize): void {
  for (let r = 0; r < ROWS; r += 4) {
    widen(codes, codes + ld, codes + (ld << 1), codes + 3 * ld, codes + ld, out);
    codes += ld << 2; out += ld << 3;
  }
}

/** Entries of a tile of 4 rows x 8 queries, by rows. */
function insertTile(wanted: i32, first: i32, tile: usize, indices: usize, values: usize, counts: usize, stride: usize): void {
  do {
    const bit = ctz(wanted), s = <usize>(bit & 7);
    wanted &= wanted - 1;
    insert(s, load<f32>(tile + (<usize>bit << 2)), first + (bit >> 3), values, indices, counts, stride);
  } while (wanted);
}

function panel(w: usize, x: usize, ld: usize, inverse: usize, bound: usize, inverseX: usize, thresholds: usize, first: i32, indices: usize, values: usize, counts: usize, stride: usize, tile: usize): void {
  const last = first + ROWS;
  do {
    const wanted = boundTile(w, x, x + (ld << 4), 0, inverse, bound, inverseX, thresholds, tile);
    if (wanted) insertTile(wanted, first, tile, indices, values, counts, stride);
    w += ld << 3; inverse += 16; bound += 16; first += 4;
  } while (first < last);
}

/** Rows first .. first + n for the queries of all panels. indices, values [queries][capacity], counts i32[queries]: grown. */
export function i8_screen_4x8(x16: usize, panelCount: i32, inverseX: usize, thresholds: usize, codes: usize, inverseW: usize, bound: usize, n: i32, d: i32, first: i32, indices: usize, values: usize, counts: usize, capacity: i32, scratch: usize): void {
  const ld = <usize>d, stride = <usize>capacity << 2, wide = scratch + 128, last = first + n;
  for (; first < last; first += ROWS) {
    widenRows(codes, ld, wide);
    for (let p: usize = 0; p < <usize>panelCount; p++)
      panel(wide, x16 + p * (ld << 4), ld, inverseW, bound, inverseX + (p << 5), thresholds + (p << 5), first, indices + p * (stride << 3), values + p * (stride << 3), counts + (p << 5), stride, scratch);
    codes += ld * ROWS; inverseW += ROWS << 2; bound += ROWS << 2;
  }
}
