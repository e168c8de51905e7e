// f32_topk_8: the k largest positive values of each of 8 samples, exact.
// layout: pre [F][8], one sample per lane. Result per sample: values and indices in order
//   of index, at most k; fewer where fewer are > 0 (ReLU after the top-k: zeros add nothing).
// ties: the lowest index wins.
// method: 8 lanes are compared with their thresholds at once; hits go to a candidate list
//   of 4k, which is cut back to the k largest when full and raises the threshold. A start
//   threshold (a guess from earlier samples) skips most of the work; the result is exact
//   when at least k candidates exceed it, otherwise the scan repeats from 0.
import { insert } from "../lists";
import { f32_keep_top } from "./f32_keep_top";

// Adds the lanes of `mask` at feature f; returns whether a threshold rose.
function insertAndCut(row: usize, f: i32, mask: i32, values: usize, indices: usize, counts: usize, thresholds: usize, k: i32, scratch: usize): i32 {
  const capacity = k << 2, stride = <usize>capacity << 2;
  let rose = 0;
  do {
    const lane = <usize>ctz(mask);
    mask &= mask - 1;
    if (insert(lane, load<f32>(row + (lane << 2)), f, values, indices, counts, stride) < capacity) continue;
    const v = values + lane * stride, ix = indices + lane * stride;
    store<f32>(thresholds + (lane << 2), f32_keep_top(v, ix, capacity, k, scratch));
    store<i32>(counts + (lane << 2), k);
    rose = 1;
  } while (mask);
  return rose;
}

function scan(row: usize, f: i32, values: usize, indices: usize, counts: usize, thresholds: usize, k: i32, scratch: usize): void {
  let t0 = v128.load(thresholds), t1 = v128.load(thresholds, 16);
  memory.fill(counts, 0, 32);
  for (let i = 0; i < f; i++) {
    const g0 = f32x4.gt(v128.load(row), t0), g1 = f32x4.gt(v128.load(row, 16), t1);
    if (v128.any_true(v128.or(g0, g1))) {
      if (insertAndCut(row, i, i32x4.bitmask(g0) | (i32x4.bitmask(g1) << 4), values, indices, counts, thresholds, k, scratch)) {
        t0 = v128.load(thresholds); t1 = v128.load(thresholds, 16);
      }
    }
    row += 32;
  }
}

/**
 * values, indices: [8][4k]; counts: i32[8]; work: 4k + 8 floats. `guess` >= 0 is the guessed
 * threshold. Returns the smallest k-th value over the 8 samples, 0 where one has fewer than k.
 */
export function f32_topk_8(pre: usize, f: i32, k: i32, guess: f32, values: usize, indices: usize, counts: usize, work: usize): f32 {
  const thresholds = work, scratch = work + 32, stride = <usize>k << 4;
  v128.store(thresholds, f32x4.splat(guess)); v128.store(thresholds, f32x4.splat(guess), 16);
  scan(pre, f, values, indices, counts, thresholds, k, scratch);
  if (guess > 0) {
    let short = 0;
    for (let lane: usize = 0; lane < 32; lane += 4) if (load<i32>(counts + lane) < k) short = 1;
    if (short) {
      v128.store(thresholds, f32x4.splat(0)); v128.store(thresholds, f32x4.splat(0), 16);
      scan(pre, f, values, indices, counts, thresholds, k, scratch);
    }
  }
  let least: f32 = Infinity;
  for (let lane: usize = 0; lane < 8; lane++) {
    const n = load<i32>(counts + (lane << 2));
    let kth: f32 = 0;
    if (n >= k) {
      kth = f32_keep_top(values + lane * stride, indices + lane * stride, n, k, scratch);
      store<i32>(counts + (lane << 2), k);
    }
    least = min(least, kth);
  }
  return least;
}
