// i16_sae_screen_top_4x8: f32_topk_8 on the upper bounds of i16_sae_screen_4x8: lists of what can be among the k largest.
import { insert } from "../lists";
import { boundTile } from "../sae/bound";
import { i16_sae_prune } from "./i16_sae_prune";
import { i16_sae_slack } from "./i16_sae_slack";

/** Adds the wanted entries of a tile, whose first feature is `first`, to the lists of its 8 samples. */
function insertAndCut(wanted: i32, first: i32, inverseX: usize, thresholds: usize, inverse: usize, bias: usize, d: i32, k: i32, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  const stride = <usize>capacity << 2;
  do {
    const bit = ctz(wanted), s = <usize>(bit & 7);
    wanted &= wanted - 1;
    const count = counts + (s << 2);
    if (load<i32>(count) < 0) continue;
    if (insert(s, load<f32>(scratch + (<usize>bit << 2)), first + (bit >> 3), values, indices, counts, stride) < capacity) continue;
    let n = i16_sae_prune(values + s * stride, indices + s * stride, capacity, k, load<f32>(inverseX + (s << 2)), inverse, bias, d, thresholds + (s << 2), scratch + 128);
    if (n < 0 || n > capacity - (capacity >> 2)) {
      n = -1;
      store<f32>(thresholds + (s << 2), Infinity);
    }
    store<i32>(count, n);
  } while (wanted);
}

function panelLists(w: usize, x: usize, ld: usize, slack: i32, inverse: usize, beta: usize, inverseX: usize, thresholds: usize, bias: usize, d: i32, first: i32, n: i32, k: i32, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  let i = inverse + (<usize>first << 2), b = beta + (<usize>first << 2);
  do {
    const wanted = boundTile(w, x, x + (ld << 2), slack, i, b, inverseX, thresholds, scratch);
    if (wanted) insertAndCut(wanted, first, inverseX, thresholds, inverse, bias, d, k, values, indices, counts, capacity, scratch);
    w += ld << 1; i += 16; b += 16; first += 4; n -= 4;
  } while (n > 0);
}

/**
 * Features first .. first + count for lists of the k largest: values (U) and indices [samples][capacity],
 * counts i32[samples], -1: takes no part, or has too many near the k-th for its list. thresholds
 * rise as lists fill. inverseW, beta, bias: of all features. capacity >= 4 k; scratch: capacity + 32 floats.
 */
export function i16_sae_screen_top_4x8(x16: usize, panelCount: i32, inverseX: usize, thresholds: usize, w16: usize, inverseW: usize, beta: usize, bias: usize, d: i32, first: i32, count: i32, k: i32, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  const ld = <usize>d << 2, slack = i16_sae_slack(d), stride = <usize>capacity << 5;
  do {
    panelLists(w16, x16, ld, slack, inverseW, beta, inverseX, thresholds, bias, d, first, count, k, values, indices, counts, capacity, scratch);
    x16 += ld << 2; inverseX += 32; thresholds += 32; counts += 32; values += stride; indices += stride;
  } while (--panelCount > 0);
}
