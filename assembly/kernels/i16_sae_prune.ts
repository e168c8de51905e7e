// i16_sae_prune: lists of candidates cut by their bounds (i16_sae_screen_4x8.ts derives them).
import { gamma } from "../sae/bound";
import { f32_kth_largest } from "./f32_kth_largest";
import { i16_sae_slack } from "./i16_sae_slack";

/**
 * Cuts a sample's n candidates (U, feature) to those that can be among its k largest: U at
 * least the k-th largest LOWER bound, U less twice what C and beta add. That bound is <= the
 * k-th largest value, so the threshold may rise to it. Returns the candidates left; -1 where
 * bounds are no numbers (irregular rows).
 */
export function i16_sae_prune(values: usize, indices: usize, n: i32, k: i32, inverseX: f32, inverseW: usize, bias: usize, d: i32, threshold: usize, scratch: usize): i32 {
  const reach = <f32>(2.02 * <f64>i16_sae_slack(d)) * inverseX, share = <f32>(2.02 * gamma(d) + 9.5367431640625e-7);
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, u = load<f32>(values + at), f = <usize>load<i32>(indices + at) << 2;
    const down = reach * load<f32>(inverseW + f) + share * abs<f32>(load<f32>(bias + f));
    const lower = u - (down + abs<f32>(u) * <f32>4.76837158203125e-7 + <f32>1e-29);
    if (!(abs<f32>(lower) < Infinity)) return -1;
    store<f32>(scratch + at, lower);
  }
  const least = n > k ? f32_kth_largest(scratch, n, k) : -Infinity;
  let to: usize = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, u = load<f32>(values + at);
    if (u < least) continue;
    store<f32>(values + to, u);
    store<i32>(indices + to, load<i32>(indices + at));
    to += 4;
  }
  if (least > load<f32>(threshold)) store<f32>(threshold, least);
  return <i32>(to >> 2);
}
